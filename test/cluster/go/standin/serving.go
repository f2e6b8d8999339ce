package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"time"
)

const servingCerts = "/tmp/k8s-webhook-server/serving-certs/"

// probes answers a kubelet on this port, whatever the path.
func probes(port string) {
	go func() {
		must(http.ListenAndServe(":"+port, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok")) })))
	}()
}

// webhooks serves admission and conversion over TLS; the certificate is read anew for each connection, as it may be renewed.
func webhooks(port string, certificate func() (*tls.Certificate, error)) {
	mux := http.NewServeMux()
	mux.HandleFunc("/convert", convert)
	mux.HandleFunc("/", admit)
	server := &http.Server{Addr: ":" + port, Handler: mux, TLSConfig: &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate() },
	}}
	go func() { must(server.ListenAndServeTLS("", "")) }()
}

func mountedCertificate() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(servingCerts+"tls.crt", servingCerts+"tls.key")
	return &pair, err
}

// admit lets everything pass.
func admit(w http.ResponseWriter, r *http.Request) {
	review(w, r, "AdmissionReview", func(request object) object { return object{"uid": request["uid"], "allowed": true} })
}

// convert gives objects the version that is asked for; the stand-ins' kinds have the same fields in every version.
func convert(w http.ResponseWriter, r *http.Request) {
	review(w, r, "ConversionReview", func(request object) object {
		converted := []any{}
		for _, one := range items(request, "objects") {
			one.(object)["apiVersion"] = request["desiredAPIVersion"]
			converted = append(converted, one)
		}
		return object{"uid": request["uid"], "result": object{"status": "Success"}, "convertedObjects": converted}
	})
}

func review(w http.ResponseWriter, r *http.Request, kind string, answer func(object) object) {
	var asked object
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	request, _ := asked["request"].(object)
	if request == nil {
		http.Error(w, "no request", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(object{"apiVersion": asked["apiVersion"], "kind": kind, "response": answer(request)})
}

// selfSigned makes a certificate that is its own authority.
func selfSigned(names []string) (certificate, key []byte) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	must(err)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	must(err)
	secret, err := x509.MarshalECPrivateKey(private)
	must(err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})
}
