// One static program that stands for every image of the tests. $STANDIN says which one it is; without it, the program serves
// HTTP on $PORT (8080), so that any container starts, stays and answers probes.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
)

// roles are the images that do more than run, by $STANDIN.
var roles = map[string]func(){
	"pause":                   pause,
	"once":                    func() {}, // an init container or a job that has nothing to do
	"cert-manager-controller": certManagerController,
	"cert-manager-webhook":    certManagerWebhook,
	"cert-manager-cainjector": certManagerInjector,
	"devworkspace":            devworkspace,
	"che-operator":            cheOperator,
}

// programs are what containers call in images that have a shell; there, nothing is to be done.
var programs = []string{"sh", "bash", "true", "echo", "cat", "ls", "rm"}

func main() {
	called := filepath.Base(os.Args[0])
	if slices.Contains(programs, called) {
		fmt.Println(called, os.Args[1:])
		return
	}
	name := os.Getenv("STANDIN")
	if called == "pause" {
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

// serve answers every path with what it is; where another container of the pod has the port, on any free one.
func serve() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	host, _ := os.Hostname()
	stop := stopSignal()
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		listener, err = net.Listen("tcp", ":0")
	}
	must(err)
	go func() {
		http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "ok %s %v\n", host, os.Args) })
		must(http.Serve(listener, nil))
	}()
	fmt.Println("serving on", listener.Addr(), os.Args)
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

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
