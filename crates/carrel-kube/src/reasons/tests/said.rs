//! What Kubernetes 1.34, containerd 1.6 to 2 and the cluster-autoscaler say, in their words.

use crate::reasons::{
    On::{self, Disruption, Event, Job, Pod, Terminated, Unscheduled, Waiting},
    Outlook::{self, Over, Progresses, Stalls, Waits},
};

/// Where, the reason, the message; and its code and outlook.
type Said = (On, &'static str, &'static str, &'static str, Outlook);

/// At least one for each row of the table.
pub(super) const SAID: &[Said] = &[
    (
        Event,
        "Evicted",
        "Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ",
        "evicted-disk",
        Over,
    ),
    (Event, "Evicted", "The node was low on resource: memory. Threshold quantity: 100Mi.", "evicted-memory", Over),
    (Event, "Failed", "Error: secret \"none\" not found", "container-config", Stalls),
    (
        Unscheduled,
        "SchedulingGated",
        "Scheduling is blocked due to non-empty scheduling gates",
        "scheduling-gated",
        Waits,
    ),
    (
        Unscheduled,
        "Unschedulable",
        "0/3 nodes are available: persistentvolumeclaim \"homes\" not found. preemption: 0/3 \
        nodes are available: 3 Preemption is not helpful for scheduling.",
        "claim-missing",
        Stalls,
    ),
    (
        Unscheduled,
        "Unschedulable",
        "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. \
        preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
        "claim-unbound",
        Stalls,
    ),
    (
        Unscheduled,
        "Unschedulable",
        "0/3 nodes are available: 3 node(s) had volume node affinity conflict.",
        "volume-elsewhere",
        Stalls,
    ),
    (
        Unscheduled,
        "Unschedulable",
        "0/2 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity, 1 node(s) had untolerated \
        taint(s). no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for \
        scheduling.",
        "volume-elsewhere",
        Stalls,
    ),
    (
        Unscheduled,
        "Unschedulable",
        "0/2 nodes are available: 2 Insufficient nvidia.com/gpu, 1 Insufficient cpu.",
        "no-gpu",
        Waits,
    ),
    (
        Unscheduled,
        "Unschedulable",
        "0/2 nodes are available: 2 Insufficient memory. preemption: 0/2 nodes are available: 2 \
        No preemption victims found for incoming pod.",
        "no-memory",
        Waits,
    ),
    (
        Unscheduled,
        "Unschedulable",
        "0/4 nodes are available: 1 node(s) had untolerated taint \
        {node-role.kubernetes.io/control-plane: }, 3 Insufficient cpu.",
        "no-cpu",
        Waits,
    ),
    (Unscheduled, "Unschedulable", "0/1 nodes are available: 1 Insufficient ephemeral-storage.", "no-node-disk", Waits),
    (Unscheduled, "Unschedulable", "0/1 nodes are available: 1 Too many pods.", "nodes-full", Waits),
    (Unscheduled, "Unschedulable", "0/1 nodes are available: 1 Insufficient example.com/fpga.", "no-resource", Waits),
    (
        Unscheduled,
        "Unschedulable",
        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
        "no-such-node",
        Stalls,
    ),
    (
        Unscheduled,
        "Unschedulable",
        "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: true}.",
        "nodes-tainted",
        Stalls,
    ),
    (Unscheduled, "Unschedulable", "no nodes available to schedule pods", "no-node", Stalls),
    (Unscheduled, "SchedulerError", "binding rejected", "unschedulable", Stalls),
    (Event, "TriggeredScaleUp", "pod triggered scale-up: [{eks-sessions 1->2 (max: 10)}]", "new-node", Waits),
    (
        Event,
        "NotTriggerScaleUp",
        "pod didn't trigger scale-up: 1 max node group size reached",
        "cluster-at-limit",
        Waits,
    ),
    (Event, "NotTriggerScaleUp", "pod didn't trigger scale-up: 2 Insufficient memory", "no-new-node", Waits),
    (Event, "FailedToScaleUpGroup", "Scale-up failed for group eks-sessions: QuotaExceeded", "new-node-failed", Waits),
    (
        Event,
        "Scheduled",
        "Successfully assigned rstudio/carrel-abcdefghjkmnpqrs-1-x7k2p to node1",
        "scheduled",
        Progresses,
    ),
    (Event, "Pulling", "Pulling image \"localhost/carrel/session:dev\"", "image-pulling", Waits),
    (
        Event,
        "Pulled",
        "Container image \"localhost/carrel/session:dev\" already present on machine",
        "image-pulled",
        Progresses,
    ),
    (
        Event,
        "InspectFailed",
        "Failed to apply default image tag \"A:B:C\": couldn't parse image name \"A:B:C\": invalid \
        reference format",
        "image-name",
        Over,
    ),
    (
        Event,
        "Failed",
        "Failed to pull image \"r/s:1\": rpc error: code = NotFound desc = failed to pull and unpack image \
        \"r/s:1\": no match for platform in manifest: not found",
        "image-platform",
        Over,
    ),
    (
        Event,
        "Failed",
        "Failed to pull image \"docker.io/library/none:1\": rpc error: code = NotFound desc = failed to pull \
        and unpack image \"docker.io/library/none:1\": docker.io/library/none:1: not found",
        "image-not-found",
        Stalls,
    ),
    (
        Event,
        "Failed",
        "Failed to pull image \"ghcr.io/x/y:1\": failed to authorize: failed to fetch anonymous token: \
        unexpected status: 403 Forbidden",
        "image-denied",
        Stalls,
    ),
    (
        Event,
        "Failed",
        "Failed to pull image \"r/s:1\": write /var/lib/containerd/x: no space left on device",
        "node-disk-full",
        Stalls,
    ),
    (
        Event,
        "Failed",
        "Failed to pull image \"r/s:1\": dial tcp 10.0.0.1:443: i/o timeout",
        "image-pull-failed",
        Stalls,
    ),
    (Waiting, "InvalidImageName", "Failed to apply default image tag \"A:B:C\"", "image-name", Over),
    (
        Waiting,
        "ErrImageNeverPull",
        "Container image \"r/s:1\" is not present with pull policy of Never",
        "image-not-there",
        Over,
    ),
    (
        Waiting,
        "ErrImagePull",
        "rpc error: code = NotFound desc = no match for platform in manifest",
        "image-platform",
        Over,
    ),
    (
        Waiting,
        "ImagePullBackOff",
        "Back-off pulling image \"r/none:1\": ErrImagePull: rpc error: code = NotFound desc = \
        failed to resolve reference \"r/none:1\": r/none:1: not found",
        "image-not-found",
        Stalls,
    ),
    (
        Waiting,
        "ErrImagePull",
        "failed to resolve reference: pull access denied, repository does not exist or may require \
        authorization: authorization failed",
        "image-not-found",
        Stalls,
    ),
    (Waiting, "ErrImagePull", "pull access denied: insufficient_scope: authorization failed", "image-denied", Stalls),
    (Waiting, "ErrImagePull", "failed to copy: write /x: no space left on device", "node-disk-full", Stalls),
    (Waiting, "RegistryUnavailable", "registry is unavailable", "registry-unreachable", Stalls),
    (
        Waiting,
        "ErrImagePull",
        "failed to do request: Head \"https://r.invalid/v2/\": dial tcp: lookup r.invalid: no such \
        host",
        "registry-unreachable",
        Stalls,
    ),
    (Waiting, "ErrImagePull", "short read: expected 5 bytes but got 4", "image-pull-failed", Stalls),
    (
        Event,
        "FailedAttachVolume",
        "Multi-Attach error for volume \"pvc-1\" Volume is already exclusively attached to one \
        node and can't be attached to another",
        "volume-in-use",
        Stalls,
    ),
    (
        Event,
        "FailedAttachVolume",
        "AttachVolume.Attach failed for volume \"pvc-1\" : rpc error: code = Internal",
        "volume-attach",
        Stalls,
    ),
    (
        Event,
        "FailedMount",
        "Unable to attach or mount volumes: unmounted volumes=[mount-0]: error processing PVC \
        rstudio/homes: failed to fetch PVC from API server: persistentvolumeclaims \"homes\" not found",
        "claim-missing",
        Stalls,
    ),
    (
        Event,
        "FailedMount",
        "Unable to attach or mount volumes: unmounted volumes=[more]: error processing PVC rstudio/homes: failed to \
        fetch PVC from API server: persistentvolumeclaims \"homes\" is forbidden: User \"system:node:n1\" cannot get \
        resource \"persistentvolumeclaims\" in API group \"\" in the namespace \"rstudio\": no relationship found \
        between node 'n1' and this object",
        "volume-mount",
        Stalls,
    ),
    (
        Event,
        "FailedMount",
        "MountVolume.SetUp failed for volume \"session-config\" : configmap \"x\" not found",
        "mount-source-missing",
        Stalls,
    ),
    (
        Event,
        "FailedMount",
        "MountVolume.SetUp failed for volume \"mount-0\" : mount failed: exit status 32 Mounting \
        command: mount -t nfs nas:/x: Connection refused",
        "volume-mount",
        Stalls,
    ),
    (Event, "ProvisioningFailed", "storageclass.storage.k8s.io \"fast\" not found", "claim-unbound", Stalls),
    (
        Event,
        "SuccessfulAttachVolume",
        "AttachVolume.Attach succeeded for volume \"pvc-1\"",
        "volume-attached",
        Progresses,
    ),
    (
        Event,
        "FailedCreatePodSandBox",
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup \
        network for sandbox: no IP addresses available in range set",
        "sandbox",
        Stalls,
    ),
    (Event, "NodeNotReady", "Node is not ready", "node-lost", Stalls),
    (
        Event,
        "FailedCreate",
        "Error creating: pods \"carrel-a-1-x\" is forbidden: exceeded quota: team, requested: \
        limits.memory=8G, used: limits.memory=30G, limited: limits.memory=32G",
        "quota",
        Waits,
    ),
    (
        Event,
        "FailedCreate",
        "Error creating: pods \"carrel-a-1-x\" is forbidden: failed quota: team: must specify \
        limits.ephemeral-storage for: session",
        "quota-wants-size",
        Over,
    ),
    (
        Event,
        "FailedCreate",
        "Error creating: pods \"carrel-a-1-x\" is forbidden: violates PodSecurity \
        \"restricted:latest\": restricted volume types (volume \"mount-0\" uses restricted volume type \"hostPath\")",
        "pod-security",
        Over,
    ),
    (
        Event,
        "FailedCreate",
        "Error creating: Internal error occurred: failed calling webhook \"v.k.io\": connect: \
        connection refused",
        "webhook-away",
        Stalls,
    ),
    (
        Event,
        "FailedCreate",
        "Error creating: admission webhook \"validate.kyverno.svc\" denied the request: no",
        "admission",
        Over,
    ),
    (
        Event,
        "FailedCreate",
        "Error creating: pods \"carrel-a-1-\" is forbidden: error looking up service account \
        rstudio/x: serviceaccount \"x\" not found",
        "no-service-account",
        Stalls,
    ),
    (
        Event,
        "FailedCreate",
        "Error creating: pods \"carrel-a-1-\" is forbidden: no PriorityClass with name high was found",
        "no-priority-class",
        Stalls,
    ),
    (
        Event,
        "FailedCreate",
        "Error creating: pods \"carrel-a-1-\" is forbidden: maximum cpu usage per Container is 2, but \
        limit is 4",
        "limit-range",
        Over,
    ),
    (
        Event,
        "FailedCreate",
        "Error creating: Pod \"carrel-a-1-x\" is invalid: spec.containers[0].image: Required value",
        "admission",
        Over,
    ),
    (Event, "FailedCreate", "Error creating: etcdserver: request timed out", "pod-not-made", Stalls),
    (
        Waiting,
        "CreateContainerConfigError",
        "container has runAsNonRoot and image will run as root",
        "account-root",
        Over,
    ),
    (Waiting, "CreateContainerConfigError", "secret \"odbc\" not found", "container-config", Stalls),
    (Waiting, "RunContainerError", "exec /carrel/carrel-agent: exec format error", "image-platform", Over),
    (Waiting, "CreateContainerError", "failed to generate container spec: no such device", "container-failed", Stalls),
    (Terminated, "OOMKilled", "", "out-of-memory", Over),
    (
        Terminated,
        "StartError",
        "failed to create containerd task: exec: \"/carrel/carrel-agent\": exec format error",
        "image-platform",
        Over,
    ),
    (
        Terminated,
        "StartError",
        "failed to create containerd task: exec: \"/tini\": no such file or directory",
        "container-failed",
        Over,
    ),
    (Terminated, "DeadlineExceeded", "", "deadline", Over),
    (
        Terminated,
        "ContainerStatusUnknown",
        "The container could not be located when the pod was terminated",
        "node-lost",
        Over,
    ),
    (Terminated, "Error", "exit code 137", "pod-failed", Over),
    (
        Disruption,
        "PreemptionByScheduler",
        "default-scheduler: preempting to accommodate a higher priority pod",
        "preempted",
        Over,
    ),
    (Disruption, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint", "node-tainted", Over),
    (Disruption, "EvictionByEvictionAPI", "Eviction API: evicting", "node-drained", Over),
    (Disruption, "DeletionByPodGC", "PodGC: node no longer exists", "node-lost", Over),
    (
        Disruption,
        "TerminationByKubelet",
        "The node was low on resource: memory. Threshold quantity: 100Mi",
        "evicted-memory",
        Over,
    ),
    (
        Disruption,
        "TerminationByKubelet",
        "Pod was terminated in response to imminent node shutdown.",
        "node-shutdown",
        Over,
    ),
    (Disruption, "TerminationByKubelet", "The node had condition: [DiskPressure].", "evicted", Over),
    (Pod, "Evicted", "Usage of EmptyDir volume \"tmp\" exceeds the limit \"1Gi\".", "evicted-disk", Over),
    (Pod, "Evicted", "The node was low on resource: memory. Container session was using 9Gi", "evicted-memory", Over),
    (Pod, "Evicted", "The node had condition: [DiskPressure].", "evicted", Over),
    (Pod, "Preempting", "Preempted in order to admit critical pod", "preempted", Over),
    (Pod, "NodeLost", "Node node1 which was running pod x is unresponsive", "node-lost", Stalls),
    (Pod, "Terminated", "Pod was terminated in response to imminent node shutdown.", "node-shutdown", Over),
    (Pod, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline", "deadline", Over),
    (
        Pod,
        "OutOfcpu",
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 4000",
        "node-had-no-room",
        Over,
    ),
    (Pod, "UnexpectedAdmissionError", "Allocate failed due to no healthy devices present", "node-refused", Over),
    (Event, "Preempted", "Preempted by pod 1 on node node1", "preempted", Over),
    (Event, "Evicted", "The node had condition: [DiskPressure].", "evicted", Over),
    (Event, "TaintManagerEviction", "Cancelling deletion of Pod rstudio/x", "node-back", Progresses),
    (Event, "TaintManagerEviction", "Marking for deletion Pod rstudio/x", "node-tainted", Over),
    (Job, "DeadlineExceeded", "Job was active longer than specified deadline", "deadline", Over),
    (Job, "BackoffLimitExceeded", "Job has reached the specified backoff limit", "pod-gone", Over),
];
