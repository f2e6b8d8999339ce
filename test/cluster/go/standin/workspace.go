package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
)

const storageFinalizer = "storage.controller.devfile.io"

// unrecoverable are the states of a container that make a workspace fail.
var unrecoverable = []string{"CrashLoopBackOff", "ImagePullBackOff", "CreateContainerError", "RunContainerError"}

// reconcile brings one workspace a step further: its Deployment and account while it is started, none otherwise; at deletion, a job that
// cleans the shared volume up, which the workspace waits for.
func reconcile(api *cluster, workspace object) error {
	namespace, name := text(workspace, "metadata", "namespace"), text(workspace, "metadata", "name")
	id := "workspace" + strings.ReplaceAll(text(workspace, "metadata", "uid"), "-", "")[:16]
	path := workspaces + "/namespaces/" + namespace + "/devworkspaces/" + name
	if text(workspace, "metadata", "deletionTimestamp") != "" {
		return cleanUp(api, workspace, path, id)
	}
	if text(workspace, "status", "devworkspaceId") == "" {
		if shared(workspace) {
			if err := api.merge(path, object{"metadata": object{"finalizers": []string{storageFinalizer}}}); err != nil {
				return err
			}
		}
		return setPhase(api, path, id, "Starting", "Initializing DevWorkspace")
	}
	deployments := "/apis/apps/v1/namespaces/" + namespace + "/deployments"
	deployment, err := api.get(deployments + "/" + id)
	if at(workspace, "spec", "started") != true || text(workspace, "status", "phase") == "Failed" {
		if err == nil && number(deployment, "spec", "replicas") != 0 {
			err = api.merge(deployments+"/"+id, object{"spec": object{"replicas": 0}})
		}
		if text(workspace, "status", "phase") != "Failed" && text(workspace, "status", "phase") != "Stopped" {
			return setPhase(api, path, id, "Stopped", "")
		}
		return nil
	}
	if text(workspace, "spec", "routingClass") == "basic" && text(globalConfig(api, ownNamespace()), "config", "routing", "clusterHostSuffix") == "" {
		return setPhase(api, path, id, "Failed", "RoutingInvalid: clusterHostSuffix is not set in the operator's configuration")
	}
	if statusOf(err) == http.StatusNotFound {
		accounts := "/api/v1/namespaces/" + namespace + "/serviceaccounts"
		if _, err := api.ensure(accounts, object{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": object{"name": id + "-sa", "namespace": namespace}}); err != nil {
			return err
		}
		return api.create(deployments, workspaceDeployment(api, workspace, id))
	}
	if err != nil {
		return err
	}
	// A controller with other images restarts the workspaces that run.
	if wanted := workspaceDeployment(api, workspace, id); !sameImages(deployment, wanted) {
		if err := api.merge(deployments+"/"+id, object{"spec": wanted["spec"]}); err != nil {
			return err
		}
	}
	if number(deployment, "spec", "replicas") == 0 {
		if err := api.merge(deployments+"/"+id, object{"spec": object{"replicas": 1}}); err != nil {
			return err
		}
	}
	if number(deployment, "status", "availableReplicas") > 0 {
		return setPhase(api, path, id, "Running", "")
	}
	for _, pod := range api.list("/api/v1/namespaces/" + namespace + "/pods?labelSelector=controller.devfile.io%2Fdevworkspace_id%3D" + id) {
		if trouble := troubleOf(pod); trouble != "" {
			return setPhase(api, path, id, "Failed", "Error creating DevWorkspace deployment: "+trouble)
		}
	}
	return setPhase(api, path, id, "Starting", "Waiting for workspace deployment")
}

// shared tells whether the workspace keeps its files in a volume that outlives it, so that deleting it means a job.
func shared(workspace object) bool {
	kind := text(workspace, "spec", "template", "attributes", "controller.devfile.io/storage-type")
	return kind == "" || kind == "common" || kind == "per-user"
}

func setPhase(api *cluster, path, id, phase, message string) error {
	current, err := api.get(path)
	if err != nil || text(current, "status", "phase") == phase && text(current, "status", "message") == message {
		return err
	}
	fmt.Println(path, phase, message)
	return api.merge(path+"/status", object{"status": object{"devworkspaceId": id, "phase": phase, "message": message}})
}

func troubleOf(pod object) string {
	for _, kind := range [][2]string{{"initContainerStatuses", "Init Container"}, {"containerStatuses", "Container"}} {
		for _, one := range items(pod, "status", kind[0]) {
			if reason := text(one, "state", "waiting", "reason"); slices.Contains(unrecoverable, reason) {
				return kind[1] + " " + text(one, "name") + " has state " + reason
			}
		}
	}
	return ""
}

func workspaceDeployment(api *cluster, workspace object, id string) object {
	namespace := text(workspace, "metadata", "namespace")
	labels := object{"controller.devfile.io/devworkspace_id": id, "controller.devfile.io/devworkspace_name": text(workspace, "metadata", "name")}
	config := at(globalConfig(api, ownNamespace()), "config", "workspace")
	policy := first(text(config, "imagePullPolicy"), "Always")
	var containers []any
	for _, component := range items(workspace, "spec", "template", "components") {
		container, ok := at(component, "container").(object)
		if !ok {
			continue
		}
		one := object{"name": text(component, "name"), "image": container["image"], "imagePullPolicy": policy}
		one["resources"] = resourcesOf(container, at(config, "defaultContainerResources"))
		for _, field := range []string{"command", "args", "env"} {
			if container[field] != nil {
				one[field] = container[field]
			}
		}
		containers = append(containers, one)
	}
	cloning := at(config, "projectClone")
	clone := object{
		"name": "project-clone", "image": first(text(cloning, "image"), os.Getenv("RELATED_IMAGE_project_clone")),
		"imagePullPolicy": first(text(cloning, "imagePullPolicy"), policy),
	}
	take(clone, cloning, "resources")
	return object{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": object{"name": id, "namespace": namespace, "labels": labels, "ownerReferences": []any{object{
			"apiVersion": "workspace.devfile.io/v1alpha2", "kind": "DevWorkspace", "controller": true,
			"name": text(workspace, "metadata", "name"), "uid": text(workspace, "metadata", "uid"),
		}}},
		"spec": object{
			"replicas": 1, "selector": object{"matchLabels": labels},
			"template": object{
				"metadata": object{"labels": labels},
				"spec": object{
					"serviceAccountName": id + "-sa", "imagePullSecrets": pullSecrets(api, namespace), "terminationGracePeriodSeconds": 1,
					"initContainers": []any{clone},
					"containers":     containers,
				},
			},
		},
	}
}

// resourcesOf are what the devfile says, and the operator's defaults where it says nothing.
func resourcesOf(container object, defaults any) object {
	found := object{}
	for kind, suffix := range map[string]string{"limits": "Limit", "requests": "Request"} {
		amounts := object{}
		for _, resource := range []string{"memory", "cpu"} {
			if amount := first(text(container, resource+suffix), text(defaults, kind, resource)); amount != "" {
				amounts[resource] = amount
			}
		}
		found[kind] = amounts
	}
	return found
}

// pullSecrets are those of the namespace that carry both labels: the operator's cache does not see others.
func pullSecrets(api *cluster, namespace string) []any {
	labels := "controller.devfile.io%2Fdevworkspace_pullsecret%3Dtrue,controller.devfile.io%2Fwatch-secret%3Dtrue"
	var names []string
	for _, secret := range api.list("/api/v1/namespaces/" + namespace + "/secrets?labelSelector=" + labels) {
		if kind := text(secret, "type"); kind == "kubernetes.io/dockerconfigjson" || kind == "kubernetes.io/dockercfg" {
			names = append(names, text(secret, "metadata", "name"))
		}
	}
	slices.Sort(names)
	found := []any{}
	for _, name := range names {
		found = append(found, object{"name": name})
	}
	return found
}

// cleanUp runs the job with the namespace's default account, and lets the workspace go when it is done.
func cleanUp(api *cluster, workspace object, path, id string) error {
	var kept []any
	for _, one := range items(workspace, "metadata", "finalizers") {
		if one != storageFinalizer {
			kept = append(kept, one)
		}
	}
	if len(kept) == len(items(workspace, "metadata", "finalizers")) {
		return nil
	}
	jobs := "/apis/batch/v1/namespaces/" + text(workspace, "metadata", "namespace") + "/jobs"
	job, err := api.get(jobs + "/cleanup-" + id)
	if statusOf(err) == http.StatusNotFound {
		return api.create(jobs, object{
			"apiVersion": "batch/v1", "kind": "Job",
			"metadata": object{"name": "cleanup-" + id, "labels": object{"controller.devfile.io/devworkspace_id": id}},
			"spec": object{"backoffLimit": 3, "template": object{"spec": object{
				"restartPolicy": "Never",
				"containers": []any{object{
					"name": "cleanup-" + id, "image": os.Getenv("RELATED_IMAGE_pvc_cleanup_job"),
					"command": []string{"/bin/sh"}, "args": []string{"-c", "rm -rf " + id},
				}},
			}}},
		})
	}
	if err != nil || condition(job, "Complete") != "True" {
		return err
	}
	return api.merge(path, object{"metadata": object{"finalizers": kept}})
}
