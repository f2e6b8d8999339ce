package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const (
	workspaces     = "/apis/workspace.devfile.io/v1alpha2"
	webhookServer  = "devworkspace-webhook-server"
	webhookService = "devworkspace-webhookserver"
)

var partOf = map[string]string{
	"app.kubernetes.io/name":    webhookServer,
	"app.kubernetes.io/part-of": "devworkspace-operator",
}

// devworkspace is the controller or the webhook server, which share an image: the first argument names the program.
func devworkspace() {
	for _, one := range os.Args[1:] {
		if filepath.Base(one) == "webhook-server" {
			devworkspaceWebhooks()
			return
		}
	}
	devworkspaceController()
}

// devworkspaceController sets the webhooks up before anything else, as the operator does at every start, then looks after workspaces.
func devworkspaceController() {
	api := inCluster()
	must(setUpWebhooks(api))
	webhooks("9443", mountedCertificate)
	probes("6789")
	probes("8443")
	go every(300*time.Millisecond, func() error {
		for _, workspace := range api.list(workspaces + "/devworkspaces") {
			if err := reconcile(api, workspace); err != nil && statusOf(err) != http.StatusConflict {
				fmt.Println(text(workspace, "metadata", "name"), err)
			}
		}
		return nil
	})
	<-stopSignal()
}

// setUpWebhooks makes the account, which is left alone only when it carries both labels, and a Deployment that is replaced each time.
func setUpWebhooks(api *cluster) error {
	namespace := ownNamespace()
	core := "/api/v1/namespaces/" + namespace
	meta := func(name string) object {
		return object{"name": name, "namespace": namespace, "labels": partOf}
	}
	whole := func(name string) object { return object{"name": name, "labels": partOf} }
	client := func(path string) object {
		return object{"service": object{"name": webhookService, "namespace": namespace, "path": path}}
	}
	err := api.put("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", object{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
		"metadata": whole("controller.devfile.io"),
		"webhooks": []any{webhook("mutate.devworkspace-controller.svc", client("/mutate"), []string{"CREATE", "UPDATE"}, "workspace.devfile.io", "v1alpha2", "devworkspaces")},
	})
	if err != nil {
		return err
	}
	service := object{
		"apiVersion": "v1", "kind": "Service", "metadata": meta(webhookService),
		"spec": object{"ports": []any{object{"name": "https", "port": 443, "targetPort": 8443}}, "selector": partOf},
	}
	if _, err := api.ensure(core+"/services", service); err != nil {
		return err
	}
	serviceAccount := object{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta(webhookServer)}
	existed, err := api.ensure(core+"/serviceaccounts", serviceAccount)
	if err != nil {
		return err
	}
	if existed {
		current, err := api.get(core + "/serviceaccounts/" + webhookServer)
		if err != nil {
			return err
		}
		if !setOf(current, partOf) {
			if err := api.put(core+"/serviceaccounts", serviceAccount); err != nil {
				return err
			}
		}
	}
	rights := "/apis/rbac.authorization.k8s.io/v1"
	rules := []any{object{
		"apiGroups": []string{"admissionregistration.k8s.io"}, "resources": []string{"mutatingwebhookconfigurations", "validatingwebhookconfigurations"},
		"verbs": []string{"create", "get", "update", "patch"},
	}}
	if err := api.put(rights+"/clusterroles", object{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": whole(webhookServer), "rules": rules}); err != nil {
		return err
	}
	binding := object{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": whole(webhookServer),
		"roleRef":  object{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": webhookServer},
		"subjects": []any{object{"kind": "ServiceAccount", "name": webhookServer, "namespace": namespace}},
	}
	if err := api.put(rights+"/clusterrolebindings", binding); err != nil {
		return err
	}
	return api.put("/apis/apps/v1/namespaces/"+namespace+"/deployments", webhookDeployment(api, namespace, meta(webhookServer)))
}

func webhookDeployment(api *cluster, namespace string, meta object) object {
	config := at(globalConfig(api, namespace), "config", "webhook")
	replicas := number(config, "replicas")
	if replicas == 0 {
		replicas = 2
	}
	amount := func(kind, name string) string { return os.Getenv("WEBHOOKS_SERVER_" + name + "_" + kind) }
	made := object{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta,
		"spec": object{
			"replicas": replicas, "selector": object{"matchLabels": partOf},
			"template": object{
				"metadata": object{"labels": partOf, "annotations": object{"controller.devfile.io/restarted-at": time.Now().UTC().Format(time.RFC3339Nano)}},
				"spec": object{
					"serviceAccountName": webhookServer,
					"containers": []any{object{
						"name": "webhook-server", "image": os.Getenv("RELATED_IMAGE_devworkspace_webhook_server"), "imagePullPolicy": "Always",
						"command":        []string{"/usr/local/bin/entrypoint", "/usr/local/bin/webhook-server"},
						"ports":          []any{object{"containerPort": 8443, "name": "webhook-server"}},
						"readinessProbe": object{"httpGet": object{"path": "/readyz", "port": 6789}, "periodSeconds": 1},
						"resources": object{
							"limits":   object{"memory": amount("LIMIT", "MEMORY"), "cpu": amount("LIMIT", "CPU")},
							"requests": object{"memory": amount("REQUEST", "MEMORY"), "cpu": amount("REQUEST", "CPU")},
						},
						"volumeMounts": []any{object{"name": "certs", "mountPath": servingCerts, "readOnly": true}},
					}},
					"volumes": []any{object{"name": "certs", "secret": object{"secretName": os.Getenv("WEBHOOK_SECRET_NAME")}}},
				},
			},
		},
	}
	take(at(made, "spec", "template", "spec"), config, "nodeSelector", "tolerations")
	return made
}

func webhook(name string, client object, operations []string, group, version, resource string) object {
	return object{
		"name": name, "clientConfig": client, "failurePolicy": "Fail", "sideEffects": "None",
		"admissionReviewVersions": []string{"v1"},
		"rules": []any{object{
			"operations": operations, "apiGroups": []string{group}, "apiVersions": []string{version}, "resources": []string{resource},
		}},
	}
}

// globalConfig is the operator's own configuration, empty where there is none.
func globalConfig(api *cluster, namespace string) object {
	found, _ := api.get("/apis/controller.devfile.io/v1alpha1/namespaces/" + namespace + "/devworkspaceoperatorconfigs/devworkspace-operator-config")
	return found
}

// devworkspaceWebhooks serves admission, and writes the validating configuration, with the CA of its own certificate, by itself.
func devworkspaceWebhooks() {
	api := inCluster()
	namespace := ownNamespace()
	webhooks("8443", mountedCertificate)
	authority, err := os.ReadFile(servingCerts + "ca.crt")
	must(err)
	bundle := base64.StdEncoding.EncodeToString(authority)
	client := object{"service": object{"name": webhookService, "namespace": namespace, "path": "/validate"}, "caBundle": bundle}
	path := "/apis/admissionregistration.k8s.io/v1/"
	must(api.put(path+"validatingwebhookconfigurations", object{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
		"metadata": object{"name": "controller.devfile.io", "labels": partOf},
		"webhooks": []any{webhook("validate-exec.devworkspace-controller.svc", client, []string{"CONNECT"}, "", "v1", "pods/exec")},
	}))
	mutating := path + "mutatingwebhookconfigurations/controller.devfile.io"
	for {
		current, err := api.get(mutating)
		must(err)
		inject(current, bundle)
		// Another replica may be doing the same.
		if err = api.update(mutating, current); statusOf(err) == http.StatusConflict {
			continue
		}
		must(err)
		break
	}
	probes("6789")
	<-stopSignal()
}
