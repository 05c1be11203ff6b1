// A controller as operators write them, for tests of an API server: it keeps a ConfigMap for each Gate, defaults and validates Gates by
// webhooks, waits for its turn by a Lease, and cleans up behind a finalizer.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

const finalizer = "example.com/close-doors"

var gates = schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Gate"}

func newGate() *unstructured.Unstructured {
	gate := &unstructured.Unstructured{}
	gate.SetGroupVersionKind(gates)
	return gate
}

type reconciler struct{ client.Client }

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	gate := newGate()
	if err := r.Get(ctx, request.NamespacedName, gate); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if gate.GetDeletionTimestamp() != nil {
		closed := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: gate.GetNamespace(), Name: "closed-" + gate.GetName(), Labels: map[string]string{"app": "gate"}}}
		if err := r.Create(ctx, closed); err != nil && !errors.IsAlreadyExists(err) {
			return ctrl.Result{}, err
		}
		controllerutil.RemoveFinalizer(gate, finalizer)
		return ctrl.Result{}, client.IgnoreNotFound(r.Update(ctx, gate))
	}
	if controllerutil.AddFinalizer(gate, finalizer) {
		return ctrl.Result{}, r.Update(ctx, gate)
	}
	doors, _, _ := unstructured.NestedInt64(gate.Object, "spec", "doors")
	doorMap := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: gate.GetNamespace(), Name: gate.GetName()}}
	result, err := controllerutil.CreateOrUpdate(ctx, r.Client, doorMap, func() error {
		doorMap.Labels = map[string]string{"app": "gate"}
		doorMap.Data = map[string]string{"doors": strconv.FormatInt(doors, 10)}
		return controllerutil.SetControllerReference(gate, doorMap, r.Scheme())
	})
	if err != nil {
		return ctrl.Result{}, err
	}
	status := newGate()
	status.SetNamespace(gate.GetNamespace())
	status.SetName(gate.GetName())
	status.Object["status"] = map[string]any{"open": doors, "observedGeneration": gate.GetGeneration(), "last": string(result)}
	return ctrl.Result{}, r.Status().Apply(ctx, client.ApplyConfigurationFromUnstructured(status), client.FieldOwner("gates"), client.ForceOwnership)
}

// One more door than none, and never more than nine.
func mutate(_ context.Context, request admission.Request) admission.Response {
	gate := newGate()
	if err := gate.UnmarshalJSON(request.Object.Raw); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	if doors, _, _ := unstructured.NestedInt64(gate.Object, "spec", "doors"); doors == 0 {
		_ = unstructured.SetNestedField(gate.Object, int64(1), "spec", "doors")
	}
	changed, err := json.Marshal(gate.Object)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	return admission.PatchResponseFromRaw(request.Object.Raw, changed)
}

func validate(_ context.Context, request admission.Request) admission.Response {
	gate := newGate()
	if err := gate.UnmarshalJSON(request.Object.Raw); err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	if doors, _, _ := unstructured.NestedInt64(gate.Object, "spec", "doors"); doors > 9 {
		return admission.Denied("a gate has at most nine doors").WithWarnings("see the plan of the castle")
	}
	return admission.Allowed("")
}

func run() error {
	ctrl.SetLogger(zap.New())
	port, err := strconv.Atoi(os.Getenv("WEBHOOK_PORT"))
	if err != nil {
		return err
	}
	selected := labels.SelectorFromSet(labels.Set{"app": "gate"})
	manager, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                        scheme.Scheme,
		Metrics:                       server.Options{BindAddress: "0"},
		LeaderElection:                true,
		LeaderElectionID:              "gates.example.com",
		LeaderElectionNamespace:       "default",
		LeaderElectionReleaseOnCancel: true,
		Cache:                         cache.Options{ByObject: map[client.Object]cache.ByObject{&corev1.ConfigMap{}: {Label: selected}}},
		WebhookServer:                 webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: port, CertDir: os.Getenv("CERT_DIR")}),
	})
	if err != nil {
		return err
	}
	if err := manager.GetFieldIndexer().IndexField(context.Background(), &corev1.ConfigMap{}, "doors", func(object client.Object) []string {
		return []string{object.(*corev1.ConfigMap).Data["doors"]}
	}); err != nil {
		return err
	}
	manager.GetWebhookServer().Register("/mutate", &webhook.Admission{Handler: admission.HandlerFunc(mutate)})
	manager.GetWebhookServer().Register("/validate", &webhook.Admission{Handler: admission.HandlerFunc(validate)})
	mapping, err := manager.GetRESTMapper().RESTMapping(gates.GroupKind(), gates.Version)
	if err != nil {
		return err
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return fmt.Errorf("gates are in %s", mapping.Scope.Name())
	}
	reconciles := &reconciler{manager.GetClient()}
	if err := ctrl.NewControllerManagedBy(manager).For(newGate()).Owns(&corev1.ConfigMap{}).Complete(reconciles); err != nil {
		return err
	}
	return manager.Start(ctrl.SetupSignalHandler())
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
