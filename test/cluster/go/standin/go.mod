module sallyport.dev/test/standin

go 1.24
