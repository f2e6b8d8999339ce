package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

// cluster is the API server as the pod's own account sees it.
type cluster struct {
	client *http.Client
	server string
}

func inCluster() *cluster {
	roots := x509.NewCertPool()
	authority, err := os.ReadFile(account + "ca.crt")
	must(err)
	roots.AppendCertsFromPEM(authority)
	return &cluster{
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}},
		server: "https://" + os.Getenv("KUBERNETES_SERVICE_HOST") + ":" + os.Getenv("KUBERNETES_SERVICE_PORT"),
	}
}

func ownNamespace() string {
	name, err := os.ReadFile(account + "namespace")
	must(err)
	return string(name)
}

// refused is an answer that is not what was asked for.
type refused struct {
	status int
	said   string
}

func (r refused) Error() string { return fmt.Sprintf("%d %s", r.status, r.said) }

func statusOf(err error) int {
	if r, ok := err.(refused); ok {
		return r.status
	}
	return 0
}

func (c *cluster) do(method, path, contentType string, body any) (object, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, c.server+path, content)
	if err != nil {
		return nil, err
	}
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	request.Header.Set("Content-Type", contentType)
	response, err := c.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var answer object
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, refused{response.StatusCode, err.Error()}
	}
	if response.StatusCode >= 300 {
		return nil, refused{response.StatusCode, text(answer, "message")}
	}
	return answer, nil
}

func (c *cluster) get(path string) (object, error) { return c.do("GET", path, "application/json", nil) }

func (c *cluster) list(path string) []object {
	answer, err := c.get(path)
	if err != nil {
		fmt.Println("list", path, err)
		return nil
	}
	var found []object
	for _, item := range items(answer, "items") {
		found = append(found, item.(object))
	}
	return found
}

func (c *cluster) create(path string, body object) error {
	_, err := c.do("POST", path, "application/json", body)
	return err
}

func (c *cluster) update(path string, body object) error {
	_, err := c.do("PUT", path, "application/json", body)
	return err
}

// merge changes the fields that the patch names (RFC 7386).
func (c *cluster) merge(path string, patch object) error {
	_, err := c.do("PATCH", path, "application/merge-patch+json", patch)
	return err
}

// ensure creates the object where there is none of its name; tells whether there was one.
func (c *cluster) ensure(path string, body object) (existed bool, err error) {
	err = c.create(path, body)
	if statusOf(err) == http.StatusConflict {
		return true, nil
	}
	return false, err
}

// put creates the object, or replaces the one that is there.
func (c *cluster) put(path string, body object) error {
	existed, err := c.ensure(path, body)
	if err != nil || !existed {
		return err
	}
	one := path + "/" + text(body, "metadata", "name")
	current, err := c.get(one)
	if err != nil {
		return err
	}
	body["metadata"].(object)["resourceVersion"] = text(current, "metadata", "resourceVersion")
	return c.update(one, body)
}

// every calls the work again and again; what goes wrong is said and tried again, as a controller does.
func every(pause time.Duration, work func() error) {
	for {
		if err := work(); err != nil {
			fmt.Println(err)
		}
		time.Sleep(pause)
	}
}
