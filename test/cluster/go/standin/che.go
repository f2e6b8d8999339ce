package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

const cheGroup = "/apis/org.eclipse.che/v2"

var cheLabel = map[string]string{"app.kubernetes.io/part-of": "che.eclipse.org"}

// chePart is a Deployment of Che with an account of its own, and where the CheCluster says how it is to be.
type chePart struct {
	name       string
	settings   []string
	containers []cheContainer
}

// cheContainer takes its image from the operator's variable.
type cheContainer struct{ name, image string }

// cheParts come one after the other, each when the one before is available.
var cheParts = []chePart{
	{"che", []string{"spec", "components", "cheServer", "deployment"}, []cheContainer{{"che", "RELATED_IMAGE_che_server"}}},
	{"che-dashboard", []string{"spec", "components", "dashboard", "deployment"}, []cheContainer{{"che-dashboard", "RELATED_IMAGE_dashboard"}}},
	{"che-gateway", []string{"spec", "networking", "auth", "gateway", "deployment"}, []cheContainer{
		{"gateway", "RELATED_IMAGE_single_host_gateway"}, {"configbump", "RELATED_IMAGE_single_host_gateway_config_sidecar"},
		{"oauth-proxy", "RELATED_IMAGE_gateway_authentication_sidecar_k8s"}, {"kube-rbac-proxy", "RELATED_IMAGE_gateway_authorization_sidecar"},
	}},
}

// cheOperator brings the one CheCluster up.
func cheOperator() {
	api := inCluster()
	webhooks("9443", mountedCertificate)
	probes("6789")
	probes("60000")
	go every(500*time.Millisecond, func() error {
		if err := shareSecrets(api); err != nil {
			return err
		}
		for _, che := range api.list(cheGroup + "/checlusters") {
			if err := reconcileChe(api, che); err != nil && statusOf(err) != http.StatusConflict {
				return err
			}
		}
		return nil
	})
	<-stopSignal()
}

// shareSecrets copies secrets that are labelled for workspaces into the namespaces of users.
func shareSecrets(api *cluster) error {
	const shared = "app.kubernetes.io%2Fpart-of%3Dche.eclipse.org,app.kubernetes.io%2Fcomponent%3D"
	for _, secret := range api.list("/api/v1/namespaces/" + ownNamespace() + "/secrets?labelSelector=" + shared + "workspaces-config") {
		for _, namespace := range api.list("/api/v1/namespaces?labelSelector=" + shared + "workspaces-namespace") {
			name := text(namespace, "metadata", "name")
			_, err := api.ensure("/api/v1/namespaces/"+name+"/secrets", object{
				"apiVersion": "v1", "kind": "Secret", "type": secret["type"], "data": secret["data"],
				"metadata": object{"name": text(secret, "metadata", "name"), "namespace": name, "labels": at(secret, "metadata", "labels")},
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func reconcileChe(api *cluster, che object) error {
	if text(che, "metadata", "deletionTimestamp") != "" {
		return nil
	}
	if text(che, "spec", "networking", "domain") == "" {
		fmt.Println(`Ingress "che" is invalid: spec.tls[0].hosts[0]: Invalid value: ""`)
		return nil
	}
	namespace := text(che, "metadata", "namespace")
	config := object{
		"apiVersion": "controller.devfile.io/v1alpha1", "kind": "DevWorkspaceOperatorConfig",
		"metadata": object{"name": "devworkspace-config", "namespace": namespace, "labels": cheLabel}, "config": object{},
	}
	if _, err := api.ensure("/apis/controller.devfile.io/v1alpha1/namespaces/"+namespace+"/devworkspaceoperatorconfigs", config); err != nil {
		return err
	}
	phase, server := "Active", false
	for _, part := range cheParts {
		available, stopped, err := bringUp(api, che, part)
		if err != nil {
			return err
		}
		if part.name == "che" {
			server = available
		}
		// "Already exists" counts as not done, and nothing comes back to it: no word, no event.
		if stopped || !available {
			break
		}
	}
	if !server {
		phase = "Inactive"
	}
	status := object{
		"chePhase": phase, "cheVersion": os.Getenv("CHE_VERSION"), "cheURL": "https://" + text(che, "spec", "networking", "domain"),
	}
	if text(che, "status", "chePhase") == phase && text(che, "status", "cheVersion") == status["cheVersion"] {
		return nil
	}
	return api.merge(cheGroup+"/namespaces/"+namespace+"/checlusters/"+text(che, "metadata", "name")+"/status", object{"status": status})
}

func bringUp(api *cluster, che object, part chePart) (available, stopped bool, err error) {
	namespace := text(che, "metadata", "namespace")
	accounts := "/api/v1/namespaces/" + namespace + "/serviceaccounts"
	existed, err := api.ensure(accounts, object{
		"apiVersion": "v1", "kind": "ServiceAccount", "metadata": object{"name": part.name, "namespace": namespace, "labels": cheLabel},
	})
	if err != nil {
		return false, false, err
	}
	if existed {
		current, err := api.get(accounts + "/" + part.name)
		if err != nil || !setOf(current, cheLabel) {
			return false, true, err
		}
	}
	deployments := "/apis/apps/v1/namespaces/" + namespace + "/deployments"
	wanted := cheDeployment(che, part)
	current, err := api.get(deployments + "/" + part.name)
	if statusOf(err) == http.StatusNotFound {
		return false, false, api.create(deployments, wanted)
	}
	if err != nil {
		return false, false, err
	}
	if !sameImages(current, wanted) {
		return false, false, api.merge(deployments+"/"+part.name, object{"spec": wanted["spec"]})
	}
	updated := number(current, "status", "observedGeneration") == number(current, "metadata", "generation") &&
		number(current, "status", "updatedReplicas") == number(current, "status", "replicas")
	return updated && number(current, "status", "availableReplicas") > 0, false, nil
}

// cheDeployment has replicas of its own only: the CheCluster has no field for them.
func cheDeployment(che object, part chePart) object {
	settings := at(che, part.settings...)
	labels := object{"app.kubernetes.io/name": "che", "app.kubernetes.io/component": part.name, "app.kubernetes.io/part-of": cheLabel["app.kubernetes.io/part-of"]}
	containers := []any{}
	for _, one := range part.containers {
		container := object{"name": one.name, "image": os.Getenv(one.image), "imagePullPolicy": "IfNotPresent"}
		override(container, settings, len(part.containers) == 1)
		containers = append(containers, container)
	}
	made := object{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": object{"name": part.name, "namespace": text(che, "metadata", "namespace"), "labels": labels},
		"spec": object{
			"replicas": 1, "selector": object{"matchLabels": labels},
			"template": object{
				"metadata": object{"labels": labels},
				"spec":     object{"serviceAccountName": part.name, "terminationGracePeriodSeconds": 1, "containers": containers},
			},
		},
	}
	take(at(made, "spec", "template", "spec"), settings, "nodeSelector", "tolerations")
	return made
}

// override takes what the CheCluster says of a container, by its name, or of the only one. There the word is request.
func override(container object, settings any, only bool) {
	for _, one := range items(settings, "containers") {
		if name := text(one, "name"); name != container["name"] && !(only && name == "") {
			continue
		}
		take(container, one, "imagePullPolicy")
		resources := object{}
		for from, to := range map[string]string{"request": "requests", "limits": "limits"} {
			if amounts := at(one, "resources", from); amounts != nil {
				resources[to] = amounts
			}
		}
		container["resources"] = resources
	}
}
