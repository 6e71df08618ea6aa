//! The table.

use super::{
    On::{Disruption, Event, Job, Pod, Terminated, Unscheduled, Waiting},
    Outlook::{Over, Progresses, Stalls, Waits},
    Row,
};
use carrel_model::Who::{Administrator, Nobody, You};

macro_rules! rows {
    ($($on:ident [$($reason:literal)*] [$($says:literal),*] $code:literal $who:ident $outlook:ident $sentence:literal
        $($quotes:ident)?;)*) => {
        &[$(Row {
            on: $on,
            reasons: &[$($reason),*],
            says: &[$($says),*],
            code: $code,
            sentence: $sentence,
            quotes: rows!(@ $($quotes)?),
            who: $who,
            outlook: $outlook,
        }),*]
    };
    (@ quote) => { true };
    (@) => { false };
}

/// The first row that fits counts: the special ones stand before the general.
pub(super) const ROWS: &[Row] = rows![
    // No node takes the pod. Of several reasons the one that somebody can do most about.
    Unscheduled ["SchedulingGated"] [] "scheduling-gated" Administrator Waits
        "The session is held back by a scheduling gate of the cluster." quote;
    Unscheduled [] ["persistentvolumeclaim \""] "claim-missing" Administrator Stalls
        "A volume of the session is missing." quote;
    Unscheduled [] ["unbound immediate persistentvolumeclaims"] "claim-unbound" Administrator Stalls
        "A volume of the session is not there yet: its claim is bound to none." quote;
    Unscheduled [] ["volume node affinity conflict", "persistentvolume's node affinity",
        "node(s) had no available volume zone"] "volume-elsewhere"
        Administrator Stalls "A volume of the session can be reached from no node that has room." quote;
    Unscheduled [] ["insufficient nvidia.com/", "insufficient amd.com/", "insufficient gpu"] "no-gpu" You Waits
        "No node has a GPU free. The session starts when one is; or ask for none." quote;
    Unscheduled [] ["insufficient memory"] "no-memory" You Waits
        "No node has as much memory free. The session starts when one has; or choose a smaller size." quote;
    Unscheduled [] ["insufficient cpu"] "no-cpu" You Waits
        "No node has as many CPUs free. The session starts when one has; or choose a smaller size." quote;
    Unscheduled [] ["insufficient ephemeral-storage"] "no-node-disk" Administrator Waits
        "No node has as much disk free for temporary files." quote;
    Unscheduled [] ["too many pods"] "nodes-full" Administrator Waits "No node takes another pod." quote;
    Unscheduled [] ["insufficient "] "no-resource" Administrator Waits
        "No node has what the session asks for." quote;
    Unscheduled [] ["node affinity/selector", "didn't match pod affinity", "didn't match pod anti-affinity",
        "topology spread"] "no-such-node" Administrator Stalls
        "No node has the labels that the session has to be placed by." quote;
    Unscheduled [] ["taint"] "nodes-tainted" Administrator Stalls
        "The nodes are kept for others: they have taints that sessions do not tolerate." quote;
    Unscheduled [] ["unschedulable", "no nodes available", "nodes are available", "not ready"] "no-node" Administrator
        Stalls "There is no node for the session." quote;
    Unscheduled [] [] "unschedulable" Administrator Stalls "The session finds no node." quote;

    // The cluster-autoscaler.
    Event ["TriggeredScaleUp"] [] "new-node" Nobody Waits "A new node is on its way for the session.";
    Event ["NotTriggerScaleUp"] ["max node group size reached", "max limit reached"] "cluster-at-limit" Administrator
        Waits "No node has room, and the cluster has as many nodes as it may have." quote;
    Event ["NotTriggerScaleUp"] [] "no-new-node" Administrator Waits
        "No node has room, and a new one would not have either." quote;
    Event ["FailedToScaleUpGroup" "FailedScaleUp"] [] "new-node-failed" Administrator Waits
        "A new node for the session cannot be had." quote;
    Event ["Scheduled"] [] "scheduled" Nobody Progresses "A node was found.";

    // Images.
    Event ["Pulling"] [] "image-pulling" Nobody Waits "Pulling the image {quoted}.";
    Event ["Pulled"] [] "image-pulled" Nobody Progresses "The image {quoted} is there.";
    Event ["Failed"] ["error: secret \"", "error: configmap \"", "couldn't find key"] "container-config" Administrator Stalls
        "Something that the session's container names is missing." quote;
    Event ["InspectFailed"] [] "image-name" Administrator Over "The name of the image is none." quote;
    Event ["Failed" "BackOff"] ["no match for platform", "does not match the specified platform"] "image-platform"
        Administrator Over "The image is not made for the processors of this node." quote;
    Event ["Failed" "BackOff"] ["not found", "manifest unknown", "does not exist"] "image-not-found" Administrator Stalls
        "The image is not in its registry." quote;
    Event ["Failed" "BackOff"] ["denied", "unauthorized", "authentication required", "authorization failed",
        "403 forbidden"] "image-denied" Administrator Stalls "The registry does not give the image out: it asks for a \
        password, or the image is not there." quote;
    Event ["Failed" "BackOff"] ["no space left on device"] "node-disk-full" Administrator Stalls
        "The disk of the node is full: the image has no room." quote;
    Event ["Failed"] ["failed to pull image"] "image-pull-failed" Administrator Stalls
        "The image cannot be pulled." quote;
    Waiting ["InvalidImageName"] [] "image-name" Administrator Over "The name of the image is none." quote;
    Waiting ["ErrImageNeverPull"] [] "image-not-there" Administrator Over
        "The image is not on the node, and may not be pulled (imagePullPolicy Never)." quote;
    Waiting ["ErrImagePull" "ImagePullBackOff" "ErrImageInspect"] ["no match for platform",
        "does not match the specified platform"] "image-platform" Administrator Over
        "The image is not made for the processors of this node." quote;
    Waiting ["ErrImagePull" "ImagePullBackOff"] ["not found", "manifest unknown", "does not exist"] "image-not-found"
        Administrator Stalls "The image is not in its registry." quote;
    Waiting ["ErrImagePull" "ImagePullBackOff"] ["denied", "unauthorized", "authentication required",
        "authorization failed", "403 forbidden"] "image-denied" Administrator Stalls "The registry does not give the \
        image out: it asks for a password, or the image is not there." quote;
    Waiting ["ErrImagePull" "ImagePullBackOff"] ["no space left on device"] "node-disk-full" Administrator Stalls
        "The disk of the node is full: the image has no room." quote;
    Waiting ["RegistryUnavailable"] [] "registry-unreachable" Administrator Stalls
        "The registry of the image does not answer." quote;
    Waiting ["ErrImagePull" "ImagePullBackOff"] ["no such host", "timeout", "connection refused", "i/o timeout",
        "network is unreachable", "deadline exceeded"] "registry-unreachable" Administrator Stalls
        "The registry of the image does not answer." quote;
    Waiting ["ErrImagePull" "ImagePullBackOff" "ErrImageInspect" "SignatureValidationFailed"] [] "image-pull-failed"
        Administrator Stalls "The image cannot be pulled." quote;

    // Volumes.
    Event ["FailedAttachVolume"] ["multi-attach"] "volume-in-use" Administrator Stalls
        "A volume of the session is held by another node, and can be used on one at a time." quote;
    Event ["FailedAttachVolume"] [] "volume-attach" Administrator Stalls
        "A volume of the session cannot be attached to its node." quote;
    // For a moment after it was told of the pod, the API server may not know that this node runs it.
    Event ["FailedMount"] ["forbidden: user \"system:node:"] "volume-mount" Administrator Stalls
        "The node of the session may not read what is mounted into it." quote;
    Event ["FailedMount"] ["persistentvolumeclaim", "claim"] "claim-missing" Administrator Stalls
        "A volume of the session is missing." quote;
    Event ["FailedMount"] ["configmap", "secret"] "mount-source-missing" Administrator Stalls
        "Something that is mounted into sessions is missing." quote;
    Event ["FailedMount" "FailedMapVolume"] [] "volume-mount" Administrator Stalls
        "A volume of the session cannot be mounted." quote;
    Event ["ProvisioningFailed" "FailedBinding"] [] "claim-unbound" Administrator Stalls
        "A volume of the session cannot be made." quote;
    Event ["SuccessfulAttachVolume"] [] "volume-attached" Nobody Progresses "The volumes are attached.";

    // The pod on its node.
    Event ["FailedCreatePodSandBox"] [] "sandbox" Administrator Stalls
        "The node cannot make the pod of the session, most often for its network." quote;
    Event ["NodeNotReady"] [] "node-lost" Nobody Stalls "The node of the session does not answer." quote;
    Event ["FailedCreate"] ["exceeded quota"] "quota" You Waits
        "The namespace of sessions is full (quota). The session starts when others end, or choose a smaller size." quote;
    Event ["FailedCreate"] ["must specify"] "quota-wants-size" Administrator Over
        "The quota of the namespace wants a size that the session does not have." quote;
    Event ["FailedCreate"] ["violates podsecurity"] "pod-security" Administrator Over
        "Pod Security of the namespace does not admit the session's pod." quote;
    Event ["FailedCreate"] ["failed calling webhook"] "webhook-away" Administrator Stalls
        "A webhook that has to admit the session's pod does not answer." quote;
    Event ["FailedCreate"] ["admission webhook", "denied the request"] "admission" Administrator Over
        "A rule of the cluster does not admit the session's pod." quote;
    Event ["FailedCreate"] ["serviceaccount", "service account"] "no-service-account" Administrator Stalls
        "The service account of sessions is missing." quote;
    Event ["FailedCreate"] ["priorityclass"] "no-priority-class" Administrator Stalls
        "The priority class of sessions is missing." quote;
    Event ["FailedCreate"] ["usage per container", "usage per pod", "limit to request ratio"] "limit-range" You Over
        "The session is larger or smaller than the namespace allows. Choose another size." quote;
    Event ["FailedCreate"] ["is forbidden", "is invalid"] "admission" Administrator Over
        "The cluster does not admit the session's pod." quote;
    Event ["FailedCreate"] [] "pod-not-made" Administrator Stalls "The pod of the session cannot be made." quote;
    Waiting ["CreateContainerConfigError"] ["runasnonroot", "run as root", "non-numeric user"] "account-root"
        Administrator Over "The container would run as root." quote;
    Waiting ["CreateContainerConfigError"] [] "container-config" Administrator Stalls
        "Something that the session's container names is missing." quote;
    Waiting ["CreateContainerError" "RunContainerError"] ["exec format error"] "image-platform" Administrator Over
        "The image is not made for the processors of this node." quote;
    Waiting ["CreateContainerError" "RunContainerError" "CrashLoopBackOff"] [] "container-failed" Administrator Stalls
        "The container of the session cannot be started." quote;

    // Ends of a container.
    Terminated ["OOMKilled"] [] "out-of-memory" You Over
        "The session used more memory than it has and was ended. Choose a larger size.";
    Terminated [] ["exec format error"] "image-platform" Administrator Over
        "The image is not made for the processors of this node." quote;
    Terminated ["StartError" "ContainerCannotRun"] [] "container-failed" Administrator Over
        "The container of the session cannot be started." quote;
    Terminated ["DeadlineExceeded"] [] "deadline" Administrator Over "The session was open for as long as it may be." quote;
    Terminated ["ContainerStatusUnknown"] [] "node-lost" Nobody Over
        "The node of the session was lost, and the session with it. Saved files are safe." quote;
    Terminated ["Error" "Completed"] [] "pod-failed" Administrator Over
        "The session's container ended, and its agent had no time to say why." quote;

    // Ends of a pod.
    Disruption ["PreemptionByScheduler"] [] "preempted" Administrator Over
        "The session had to make room for something more important. Start it again." quote;
    Disruption ["DeletionByTaintManager"] [] "node-tainted" Administrator Over
        "The node of the session was taken out of service. Start it again." quote;
    Disruption ["EvictionByEvictionAPI"] [] "node-drained" Administrator Over
        "The node of the session was emptied, as for maintenance. Start it again." quote;
    Disruption ["DeletionByPodGC"] [] "node-lost" Nobody Over
        "The node of the session was lost, and the session with it. Saved files are safe." quote;
    Disruption ["TerminationByKubelet"] ["memory"] "evicted-memory" Administrator Over
        "The node ran out of memory and ended the session. Saved files are safe." quote;
    Disruption ["TerminationByKubelet"] ["shutdown", "shutting down"] "node-shutdown" Administrator Over
        "The node of the session was shut down. Start it again." quote;
    Disruption ["TerminationByKubelet"] [] "evicted" Administrator Over "The node ended the session." quote;
    Pod ["Evicted"] ["ephemeral", "emptydir"] "evicted-disk" You Over
        "The session wrote more temporary files than it may and was ended. Saved files are safe." quote;
    Pod ["Evicted"] ["memory"] "evicted-memory" Administrator Over
        "The node ran out of memory and ended the session. Saved files are safe." quote;
    Pod ["Evicted"] [] "evicted" Administrator Over "The node ended the session." quote;
    Pod ["Preempting"] [] "preempted" Administrator Over
        "The session had to make room for something more important. Start it again." quote;
    Pod ["NodeLost"] [] "node-lost" Nobody Stalls "The node of the session does not answer." quote;
    Pod ["Shutdown" "Terminated" "NodeShutdown"] [] "node-shutdown" Administrator Over
        "The node of the session was shut down. Start it again." quote;
    Pod ["DeadlineExceeded"] [] "deadline" Administrator Over "The session was open for as long as it may be." quote;
    Pod ["OutOfcpu" "OutOfmemory" "OutOfpods" "OutOfephemeral-storage" "OutOfnvidia.com/gpu"] [] "node-had-no-room" You
        Over "The node that was found had no room any more. Start the session again." quote;
    Pod ["NodeAffinity" "NodeName" "NodePorts" "UnexpectedAdmissionError"] [] "node-refused" Administrator Over
        "The node that was found does not take the session." quote;
    Event ["Preempted"] [] "preempted" Administrator Over
        "The session had to make room for something more important. Start it again." quote;
    Event ["Evicted"] ["ephemeral", "emptydir"] "evicted-disk" You Over
        "The session wrote more temporary files than it may and was ended. Saved files are safe." quote;
    Event ["Evicted"] ["low on resource: memory"] "evicted-memory" Administrator Over
        "The node ran out of memory and ended the session. Saved files are safe." quote;
    Event ["Evicted"] [] "evicted" Administrator Over "The node ended the session." quote;
    Event ["TaintManagerEviction"] ["cancelling"] "node-back" Nobody Progresses "The node answers again.";
    Event ["TaintManagerEviction"] [] "node-tainted" Administrator Over
        "The node of the session was taken out of service. Start it again." quote;
    Job ["DeadlineExceeded"] [] "deadline" Administrator Over "The session was open for as long as it may be." quote;
    Job [] [] "pod-gone" Administrator Over
        "The pod of the session is gone: somebody deleted it, or its node was lost. Saved files are safe.";
];
