// One static program that stands for every image of the tests. $STANDIN says which one it is; without it, the program serves
// HTTP on $PORT (8080), so that any container starts, stays and answers probes.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// roles are the images that do more than run: the upstream name of what each behaves as is in the role's own file.
var roles = map[string]func(){
	"pause": pause,
}

func main() {
	name := os.Getenv("STANDIN")
	if filepath.Base(os.Args[0]) == "pause" {
		name = "pause"
	}
	if role, known := roles[name]; known {
		role()
		return
	}
	serve()
}

func stopSignal() chan os.Signal {
	stop := make(chan os.Signal, 4)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	return stop
}

// serve answers every path with what it is.
func serve() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	host, _ := os.Hostname()
	stop := stopSignal()
	go func() {
		http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "ok %s %v\n", host, os.Args) })
		if err := http.ListenAndServe(":"+port, nil); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}()
	fmt.Println("serving on", port, os.Args)
	<-stop
}

// pause holds a pod's namespaces and reaps what is left to it.
func pause() {
	stop := stopSignal()
	reap := make(chan os.Signal, 16)
	signal.Notify(reap, syscall.SIGCHLD)
	for {
		select {
		case <-stop:
			return
		case <-reap:
			for {
				if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
					break
				}
			}
		}
	}
}
