//! The objects behind records.

use std::fmt;

use kube::api::ApiResource;

/// An object of the cluster, by ExternalDNS's `resource` label, such as `service/default/my-app`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// What it is.
    pub kind: ObjectKind,
    /// Its namespace; empty for a node.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// The kinds of objects that ExternalDNS's sources make records of, as far as their records can carry our annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// `service/…`
    Service,
    /// `ingress/…`
    Ingress,
    /// `pod/…`
    Pod,
    /// `node/…`, without a namespace
    Node,
    /// `httproute/…` of the Gateway API
    HttpRoute,
    /// `grpcroute/…` of the Gateway API
    GrpcRoute,
    /// `tlsroute/…` of the Gateway API
    TlsRoute,
    /// `tcproute/…` of the Gateway API
    TcpRoute,
    /// `udproute/…` of the Gateway API
    UdpRoute,
    /// `crd/…`: a `DNSEndpoint`
    DnsEndpoint,
    /// `gateway/…` of Istio
    IstioGateway,
    /// `virtualservice/…` of Istio
    VirtualService,
    /// `httpproxy/…` of Contour
    HttpProxy,
    /// `route/…` of `OpenShift`
    OpenShiftRoute,
    /// `ingressroute/…` of Traefik
    TraefikIngressRoute,
}

/// What the API server says about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// Group and version, such as `networking.k8s.io/v1`.
    pub api_version: String,
    /// The kind, such as `Ingress`.
    pub kind: String,
    /// Its identity, which a new object under the same name does not share.
    pub uid: String,
}

/// `word` of the resource label, group, versions (the newest first), kind, plural.
struct Row(
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
);

const GATEWAY_API: &str = "gateway.networking.k8s.io";

// === impl ObjectKind ===

impl ObjectKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Service,
        Self::Ingress,
        Self::Pod,
        Self::Node,
        Self::HttpRoute,
        Self::GrpcRoute,
        Self::TlsRoute,
        Self::TcpRoute,
        Self::UdpRoute,
        Self::DnsEndpoint,
        Self::IstioGateway,
        Self::VirtualService,
        Self::HttpProxy,
        Self::OpenShiftRoute,
        Self::TraefikIngressRoute,
    ];

    #[rustfmt::skip]
    const fn row(self) -> Row {
        match self {
            Self::Service => Row("service", "", &["v1"], "Service", "services"),
            Self::Ingress => Row("ingress", "networking.k8s.io", &["v1"], "Ingress", "ingresses"),
            Self::Pod => Row("pod", "", &["v1"], "Pod", "pods"),
            Self::Node => Row("node", "", &["v1"], "Node", "nodes"),
            Self::HttpRoute => Row("httproute", GATEWAY_API, &["v1", "v1beta1"], "HTTPRoute", "httproutes"),
            Self::GrpcRoute => Row("grpcroute", GATEWAY_API, &["v1", "v1alpha2"], "GRPCRoute", "grpcroutes"),
            Self::TlsRoute => Row("tlsroute", GATEWAY_API, &["v1", "v1alpha3", "v1alpha2"], "TLSRoute", "tlsroutes"),
            Self::TcpRoute => Row("tcproute", GATEWAY_API, &["v1", "v1alpha2"], "TCPRoute", "tcproutes"),
            Self::UdpRoute => Row("udproute", GATEWAY_API, &["v1", "v1alpha2"], "UDPRoute", "udproutes"),
            Self::DnsEndpoint => Row("crd", "externaldns.k8s.io", &["v1alpha1"], "DNSEndpoint", "dnsendpoints"),
            Self::IstioGateway => Row("gateway", "networking.istio.io", &["v1", "v1beta1"], "Gateway", "gateways"),
            Self::VirtualService => Row("virtualservice", "networking.istio.io", &["v1", "v1beta1"], "VirtualService", "virtualservices"),
            Self::HttpProxy => Row("httpproxy", "projectcontour.io", &["v1"], "HTTPProxy", "httpproxies"),
            Self::OpenShiftRoute => Row("route", "route.openshift.io", &["v1"], "Route", "routes"),
            Self::TraefikIngressRoute => Row("ingressroute", "traefik.io", &["v1alpha1"], "IngressRoute", "ingressroutes"),
        }
    }

    /// The word in ExternalDNS's `resource` label.
    pub const fn word(self) -> &'static str {
        self.row().0
    }

    /// The kind as Kubernetes writes it.
    pub const fn kind(self) -> &'static str {
        self.row().3
    }

    /// The resource as RBAC writes it, such as `httproutes.gateway.networking.k8s.io`.
    pub fn resource(self) -> String {
        let Row(_, group, _, _, plural) = self.row();
        if group.is_empty() {
            plural.to_owned()
        } else {
            format!("{plural}.{group}")
        }
    }

    /// Group and version, the newest first: a cluster may have an older one only.
    pub(crate) fn versions(self) -> impl Iterator<Item = ApiResource> {
        let Row(_, group, versions, kind, plural) = self.row();
        versions.iter().map(move |version| ApiResource {
            group: group.to_owned(),
            version: (*version).to_owned(),
            api_version: if group.is_empty() {
                (*version).to_owned()
            } else {
                format!("{group}/{version}")
            },
            kind: kind.to_owned(),
            plural: plural.to_owned(),
        })
    }

    const fn is_namespaced(self) -> bool {
        !matches!(self, Self::Node)
    }
}

// === impl ObjectRef ===

impl ObjectRef {
    /// The object of a `resource` label: `kind/namespace/name`, and `node/name`. `None` for the empty label of sources
    /// that have none, and for kinds that are not known here.
    pub fn from_resource(label: &str) -> Option<Self> {
        let (word, rest) = label.split_once('/')?;
        // Contour's source writes `HTTPProxy/…`, some versions of it `httpproxy/…`.
        let kind = ObjectKind::ALL
            .iter()
            .copied()
            .find(|kind| kind.word().eq_ignore_ascii_case(word))?;
        let (namespace, name) = if kind.is_namespaced() {
            rest.split_once('/')?
        } else {
            ("", rest)
        };
        let is_whole =
            !name.is_empty() && !name.contains('/') && namespace.is_empty() != kind.is_namespaced();
        is_whole.then(|| Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.word())?;
        if !self.namespace.is_empty() {
            write!(f, "/{}", self.namespace)?;
        }
        write!(f, "/{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_known_by_its_label() {
        for kind in ObjectKind::ALL {
            let label = if kind.is_namespaced() {
                format!("{}/shop/my-app", kind.word())
            } else {
                format!("{}/my-app", kind.word())
            };
            let object = ObjectRef::from_resource(&label);
            assert_eq!(object.as_ref().map(|object| object.kind), Some(*kind));
            assert_eq!(object.map(|object| object.to_string()), Some(label));
        }
        assert_eq!(
            ObjectRef::from_resource("HTTPProxy/shop/my-app").map(|object| object.kind),
            Some(ObjectKind::HttpProxy)
        );
    }

    #[test]
    fn what_is_no_known_object_is_none() {
        for label in [
            "",
            "service",
            "service/default",
            "service//a",
            "service/default/",
            "service/default/a/b",
            "node/",
            "node/default/a",
            "f5-virtualserver/default/a",
        ] {
            assert_eq!(ObjectRef::from_resource(label), None, "{label}");
        }
    }

    #[test]
    fn resources_as_rbac_writes_them() {
        assert_eq!(ObjectKind::Service.resource(), "services");
        assert_eq!(
            ObjectKind::HttpRoute.resource(),
            "httproutes.gateway.networking.k8s.io"
        );
    }
}
