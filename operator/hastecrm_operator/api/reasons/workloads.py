"""Why pods do not run, down to their containers."""

from hastecrm_operator.api.reasons.reason import Reason


class Workloads(Reason):
    """What `status.blocking` and the condition Degraded may say of a workload."""

    IMAGE_PULL_BACK_OFF = (
        "ImagePullBackOff",
        "The node cannot get the image.",
        "Correct the image, name credentials in spec.images.pullSecrets, or let nodes reach the registry.",
    )
    INVALID_IMAGE_NAME = ("InvalidImageName", "The image's name cannot be parsed.", "Correct it.")
    ERR_IMAGE_NEVER_PULL = (
        "ErrImageNeverPull",
        "The image is not on the node, and spec.images.pullPolicy is Never.",
        "Load the image, or change the policy.",
    )
    CRASH_LOOP_BACK_OFF = (
        "CrashLoopBackOff",
        "A container ends again and again.",
        "Its exit code and last log lines are in the entry.",
    )
    OUT_OF_MEMORY = (
        "OOMKilled",
        "A container used more memory than its limit and was killed.",
        "Raise the limit.",
    )
    CREATE_CONTAINER_CONFIG_ERROR = (
        "CreateContainerConfigError",
        "A Secret, a ConfigMap or a key that the container needs does not exist.",
        "Create it.",
    )
    CONTAINER_DOES_NOT_START = (
        "ContainerDoesNotStart",
        "The container runtime refuses to start a container.",
        "The message is the runtime's own.",
    )
    NOT_READY = (
        "NotReady",
        "A container runs, but its readiness probe fails.",
        "See the log; what it waits for is mostly the database.",
    )
    UNSCHEDULABLE = (
        "Unschedulable",
        "No node takes the pod.",
        "Add a node, ask for less, or loosen what restricts the choice of nodes.",
    )
    VOLUME_PENDING = (
        "VolumePending",
        "A volume is not provided.",
        "Name a StorageClass that exists, or make one the default.",
    )
    EVICTED = ("Evicted", "A node ran short of something and ended the pod.", "Ask for more, or add nodes.")
    POD_FAILED = ("PodFailed", "A pod was ended by its node.", "The message is the node's own.")
    NODE_LOST = (
        "NodeLost",
        "The pod's node does not answer, so nobody knows whether the pod still runs.",
        "Bring the node back, or, once it is certainly off, delete the pod by force.",
    )
    NO_POD_MADE = (
        "NoPodMade",
        "A workload has made none of its pods.",
        "`kubectl describe` of the workload shows who refused.",
    )
    QUOTA_EXCEEDED = (
        "QuotaExceeded",
        "A ResourceQuota of the namespace has no room for the pod.",
        "Raise the quota, or ask for less.",
    )
    POD_SECURITY_VIOLATION = (
        "PodSecurityViolation",
        "The namespace enforces a Pod Security level that the pod does not keep.",
        "Pods keep `restricted` as they come; correct what podTemplate or env adds.",
    )
    LIMIT_RANGE_VIOLATION = (
        "LimitRangeViolation",
        "A LimitRange of the namespace refuses the pod's requests or limits.",
        "Change spec.….resources, or the LimitRange.",
    )
    WEBHOOK_REFUSED = (
        "WebhookRefused",
        "An admission webhook or policy of the cluster refuses the pod.",
        "Ask whoever runs it.",
    )
    WEBHOOK_FAILED = (
        "WebhookFailed",
        "An admission webhook of the cluster does not answer, and nothing may be made without it.",
        "Bring it back, or let it fail open.",
    )
    PODS_REFUSED = (
        "PodsRefused",
        "The API server refuses the pods of a workload.",
        "The message is the API server's own.",
    )
    NOT_PROGRESSING = (
        "NotProgressing",
        "A rollout got no further for 10 minutes.",
        "See the other entries of the same object.",
    )
