"""Whether the public gets in, and Prometheus too."""

from hastecrm_operator.api.reasons.reason import Reason


class Access(Reason):
    """What AccessReady may say."""

    ADDRESS_ASSIGNED = ("AddressAssigned", "A controller serves the Ingress.")
    NO_ADDRESS_YET = (
        "NoAddressYet",
        "No controller has given the Ingress an address.",
        "See spec.access.ingress.className; some controllers never report one.",
    )
    ACCEPTED = ("Accepted", "Every Gateway that was asked for carries the route.")
    NO_ANSWER_YET = (
        "NoAnswerYet",
        "A Gateway has not answered yet.",
        "See whether it exists and a controller serves it.",
    )
    INGRESS_CLASS_NOT_FOUND = (
        "IngressClassNotFound",
        "The IngressClass that the spec names does not exist.",
        "Name one that exists, or install the controller.",
    )
    PLAIN_HTTP = (
        "PlainHTTP",
        "Without TLS the application does not start in production.",
        "Set spec.access.ingress.tls, or let the application only warn.",
    )
    WAITING_FOR_CERTIFICATE = (
        "WaitingForCertificate",
        "cert-manager has not stored the certificate yet.",
        "If it lasts, see the Certificate.",
    )


class Monitoring(Reason):
    """What MonitoringReady may say."""

    MADE = ("Made", "Everything that spec.monitoring asks for has been made.")
