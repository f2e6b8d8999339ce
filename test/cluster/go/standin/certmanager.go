package main

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

const certificates = "/apis/cert-manager.io/v1"

// certManagerController makes issuers ready and fills the secrets of certificates, each signed by itself.
func certManagerController() {
	probes("9403")
	api := inCluster()
	go every(500*time.Millisecond, func() error {
		for _, kind := range []string{"issuers", "clusterissuers"} {
			for _, issuer := range api.list(certificates + "/" + kind) {
				if condition(issuer, "Ready") != "True" {
					if err := setReady(api, kind, issuer, "IsReady"); err != nil {
						return err
					}
				}
			}
		}
		for _, certificate := range api.list(certificates + "/certificates") {
			if err := issue(api, certificate); err != nil {
				return err
			}
		}
		return nil
	})
	<-stopSignal()
}

func issue(api *cluster, certificate object) error {
	namespace := text(certificate, "metadata", "namespace")
	name := text(certificate, "spec", "secretName")
	secrets := "/api/v1/namespaces/" + namespace + "/secrets"
	if _, err := api.get(secrets + "/" + name); statusOf(err) == http.StatusNotFound {
		var names []string
		for _, one := range items(certificate, "spec", "dnsNames") {
			names = append(names, one.(string))
		}
		if err := api.create(secrets, tlsSecret(namespace, name, names)); err != nil {
			return err
		}
		fmt.Println("issued", namespace, name)
	} else if err != nil {
		return err
	}
	if condition(certificate, "Ready") == "True" {
		return nil
	}
	return setReady(api, "certificates", certificate, "Ready")
}

func setReady(api *cluster, kind string, of object, reason string) error {
	path := certificates
	if namespace := text(of, "metadata", "namespace"); namespace != "" {
		path += "/namespaces/" + namespace
	}
	now := time.Now().UTC().Format(time.RFC3339)
	ready := object{"type": "Ready", "status": "True", "reason": reason, "message": "ready", "lastTransitionTime": now}
	return api.merge(path+"/"+kind+"/"+text(of, "metadata", "name")+"/status", object{"status": object{"conditions": []any{ready}}})
}

func tlsSecret(namespace, name string, names []string) object {
	certificate, key := selfSigned(names)
	encode := base64.StdEncoding.EncodeToString
	return object{
		"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
		"metadata": object{"name": name, "namespace": namespace},
		"data":     object{"tls.crt": encode(certificate), "tls.key": encode(key), "ca.crt": encode(certificate)},
	}
}

// certManagerWebhook keeps its own authority in the secret that its arguments name, and serves with it.
func certManagerWebhook() {
	probes("6080")
	api := inCluster()
	secrets := "/api/v1/namespaces/" + argument("dynamic-serving-ca-secret-namespace") + "/secrets"
	name := argument("dynamic-serving-ca-secret-name")
	_, err := api.ensure(secrets, tlsSecret(argument("dynamic-serving-ca-secret-namespace"), name, arguments("dynamic-serving-dns-names")))
	must(err)
	webhooks(argument("secure-port"), func() (*tls.Certificate, error) {
		secret, err := api.get(secrets + "/" + name)
		if err != nil {
			return nil, err
		}
		certificate, _ := base64.StdEncoding.DecodeString(text(secret, "data", "tls.crt"))
		key, _ := base64.StdEncoding.DecodeString(text(secret, "data", "tls.key"))
		pair, err := tls.X509KeyPair(certificate, key)
		return &pair, err
	})
	<-stopSignal()
}

// injected are the kinds that carry a CA, and where.
var injected = []string{
	"/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
	"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
	"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
}

// certManagerInjector writes the CA of the named certificate or secret into webhooks and conversions.
func certManagerInjector() {
	api := inCluster()
	go every(500*time.Millisecond, func() error {
		for _, path := range injected {
			for _, one := range api.list(path) {
				authority := authorityFor(api, one)
				if authority == "" || !inject(one, authority) {
					continue
				}
				if err := api.update(path+"/"+text(one, "metadata", "name"), one); err != nil {
					return err
				}
				fmt.Println("injected", text(one, "metadata", "name"))
			}
		}
		return nil
	})
	<-stopSignal()
}

func authorityFor(api *cluster, one object) string {
	namespace, name, direct := strings.Cut(text(one, "metadata", "annotations", "cert-manager.io/inject-ca-from-secret"), "/")
	if !direct {
		var found bool
		namespace, name, found = strings.Cut(text(one, "metadata", "annotations", "cert-manager.io/inject-ca-from"), "/")
		if !found {
			return ""
		}
		certificate, err := api.get(certificates + "/namespaces/" + namespace + "/certificates/" + name)
		if err != nil {
			return ""
		}
		name = text(certificate, "spec", "secretName")
	}
	secret, err := api.get("/api/v1/namespaces/" + namespace + "/secrets/" + name)
	if err != nil {
		return ""
	}
	return text(secret, "data", "ca.crt")
}

// inject tells whether anything changed.
func inject(one object, authority string) bool {
	clients := []any{at(one, "spec", "conversion", "webhook", "clientConfig")}
	for _, webhook := range items(one, "webhooks") {
		clients = append(clients, at(webhook, "clientConfig"))
	}
	changed := false
	for _, client := range clients {
		if config, ok := client.(object); ok && config["caBundle"] != authority {
			config["caBundle"] = authority
			changed = true
		}
	}
	return changed
}

// arguments are the values of --NAME=VALUE, in order.
func arguments(name string) []string {
	var found []string
	for _, one := range os.Args[1:] {
		if value, ok := strings.CutPrefix(one, "--"+name+"="); ok {
			found = append(found, value)
		}
	}
	return found
}

func argument(name string) string {
	if found := arguments(name); len(found) > 0 {
		return found[0]
	}
	must(fmt.Errorf("--%s is missing", name))
	return ""
}
