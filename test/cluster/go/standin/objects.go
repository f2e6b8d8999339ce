package main

import "encoding/json"

// object is a Kubernetes object as JSON has it.
type object = map[string]any

// at follows keys down an object; nil where one is missing.
func at(value any, keys ...string) any {
	for _, key := range keys {
		fields, ok := value.(object)
		if !ok {
			return nil
		}
		value = fields[key]
	}
	return value
}

func text(value any, keys ...string) string {
	found, _ := at(value, keys...).(string)
	return found
}

func items(value any, keys ...string) []any {
	found, _ := at(value, keys...).([]any)
	return found
}

// take puts the fields of one value that are set into another.
func take(into, from any, fields ...string) {
	for _, field := range fields {
		if value := at(from, field); value != nil {
			into.(object)[field] = value
		}
	}
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, one := range texts {
		if one != "" {
			return one
		}
	}
	return ""
}

// number reads JSON's only kind of number.
func number(value any, keys ...string) int {
	found, _ := at(value, keys...).(float64)
	return int(found)
}

// same compares what JSON would say, so that an int equals the number that came back.
func same(a, b any) bool {
	left, _ := json.Marshal(a)
	right, _ := json.Marshal(b)
	return string(left) == string(right)
}

// condition is the status of a condition of that type: True, False, Unknown or nothing.
func condition(of object, kind string) string {
	for _, one := range items(of, "status", "conditions") {
		if text(one, "type") == kind {
			return text(one, "status")
		}
	}
	return ""
}

// setOf holds when the object carries all of these labels.
func setOf(of object, labels map[string]string) bool {
	for name, value := range labels {
		if text(of, "metadata", "labels", name) != value {
			return false
		}
	}
	return true
}

// sameImages compares the images of two Deployments, in order.
func sameImages(current, wanted object) bool {
	images := func(of object) (found []any) {
		for _, kind := range []string{"initContainers", "containers"} {
			for _, one := range items(of, "spec", "template", "spec", kind) {
				found = append(found, at(one, "image"))
			}
		}
		return found
	}
	return same(images(current), images(wanted))
}
