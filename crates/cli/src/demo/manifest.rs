//! The manifests of `examples/multi-region`: what people copy is what the demo runs.

use external_dns::model::{Service, ServiceSource};
use serde::Deserialize;
use webhook::settings::Environment;

/// The files of one cluster, as they lie in the repository.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files {
    /// Where they are, below `examples/multi-region`.
    pub(super) folder: &'static str,
    /// The Service.
    service: &'static str,
    /// The values for the Helm chart of ExternalDNS.
    values: &'static str,
}

/// The first cluster.
pub(super) const EAST: Files = Files {
    folder: "cluster-east",
    service: include_str!("../../../../examples/multi-region/cluster-east/my-app.yaml"),
    values: include_str!(
        "../../../../examples/multi-region/cluster-east/external-dns-webhook.values.yaml"
    ),
};

/// The second cluster.
pub(super) const WEST: Files = Files {
    folder: "cluster-west",
    service: include_str!("../../../../examples/multi-region/cluster-west/my-app.yaml"),
    values: include_str!(
        "../../../../examples/multi-region/cluster-west/external-dns-webhook.values.yaml"
    ),
};

/// Why the manifests cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    /// A file is not what it should be.
    #[error("reading the {what} of {folder}")]
    Yaml {
        /// Which cluster.
        folder: &'static str,
        /// Which file.
        what: &'static str,
        /// What is wrong.
        #[source]
        source: Box<serde_saphyr::Error>,
    },
    /// The values lack something that the demo needs.
    #[error("the Helm values of {folder} have no {what}")]
    Missing {
        /// Which cluster.
        folder: &'static str,
        /// What is missing.
        what: &'static str,
    },
    /// An annotation that the story is about is missing.
    #[error("the Service {service} has no annotation {annotation}")]
    Annotation {
        /// The Service.
        service: String,
        /// The annotation, with its prefix.
        annotation: String,
    },
}

/// What the values say about ExternalDNS and the webhook beside it.
#[derive(Debug, Clone)]
pub(super) struct Release {
    /// `--txt-owner-id`
    pub(super) owner: String,
    /// `--annotation-prefix`
    pub(super) annotation_prefix: String,
    /// The environment of the webhook's container.
    pub(super) environment: Environment,
}

/// A Service and the prefix under which ExternalDNS reads its annotations.
#[derive(Debug, Clone)]
pub(super) struct App {
    /// As the cluster has it.
    pub(super) service: Service,
    prefix: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Values {
    txt_owner_id: String,
    #[serde(default)]
    extra_args: Vec<String>,
    provider: Provider,
}

#[derive(Deserialize)]
struct Provider {
    webhook: Webhook,
}

#[derive(Deserialize)]
struct Webhook {
    env: Vec<Variable>,
}

#[derive(Deserialize)]
struct Variable {
    name: String,
    value: String,
}

// === impl Files ===

impl Files {
    /// The release that the Helm values describe.
    pub(super) fn release(&self) -> Result<Release, ManifestError> {
        let values: Values = self.yaml("Helm values", self.values)?;
        let annotation_prefix = values
            .extra_args
            .iter()
            .find_map(|argument| argument.strip_prefix("--annotation-prefix="))
            .ok_or(ManifestError::Missing {
                folder: self.folder,
                what: "--annotation-prefix among the extraArgs",
            })?;
        let variables = values.provider.webhook.env.into_iter();
        Ok(Release {
            owner: values.txt_owner_id,
            annotation_prefix: annotation_prefix.to_owned(),
            environment: variables
                .map(|variable| (variable.name, variable.value))
                .collect(),
        })
    }

    /// The application, as `kubectl apply` would create it.
    pub(super) fn app(&self, release: &Release) -> Result<App, ManifestError> {
        Ok(App {
            service: self.yaml("Service", self.service)?,
            prefix: release.annotation_prefix.clone(),
        })
    }

    fn yaml<T: for<'de> Deserialize<'de>>(
        &self,
        what: &'static str,
        text: &str,
    ) -> Result<T, ManifestError> {
        // As strict as Kubernetes: an annotation without quotes that reads as a number or a truth value is refused.
        let options = serde_saphyr::options! {
            no_schema: true,
            strict_booleans: true,
        };
        serde_saphyr::from_str_with_options(text, options).map_err(|source| ManifestError::Yaml {
            folder: self.folder,
            what,
            source: Box::new(source),
        })
    }
}

// === impl Release ===

impl Release {
    /// ExternalDNS's Service source with the release's settings.
    pub(super) fn source(&self) -> ServiceSource {
        ServiceSource::new(&self.annotation_prefix)
    }
}

// === impl App ===

impl App {
    /// The same application, its Service given an address by the cloud.
    pub(super) fn with_address(mut self, address: std::net::IpAddr) -> Self {
        self.service = self.service.with_ip(address.to_string());
        self
    }

    /// The same application with another value of a `traffic-manager-…` annotation.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let mut changed = self.clone();
        changed
            .service
            .annotations
            .insert(self.key(name), value.to_owned());
        changed
    }

    /// The value of a `traffic-manager-…` annotation.
    pub(super) fn get(&self, name: &str) -> Result<&str, ManifestError> {
        self.annotation(self.key(name))
    }

    /// The host that ExternalDNS gives the Service.
    pub(super) fn host(&self) -> Result<&str, ManifestError> {
        self.annotation(format!("{}hostname", self.prefix))
    }

    fn annotation(&self, key: String) -> Result<&str, ManifestError> {
        match self.service.annotations.get(&key) {
            Some(value) => Ok(value),
            None => Err(ManifestError::Annotation {
                service: self.service.name.clone(),
                annotation: key,
            }),
        }
    }

    fn key(&self, name: &str) -> String {
        format!("{}webhook-traffic-manager-{name}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use external_dns::model::ALPHA_PREFIX;
    use rstest::rstest;
    use webhook::settings::{ServeArgs, Settings};

    use super::*;

    #[rstest]
    #[case::east(EAST, "cluster-east", "my-app-east", "70", "east-us", "eastus")]
    #[case::west(WEST, "cluster-west", "my-app-west", "30", "west-us", "westus")]
    fn the_manifests_tell_the_story(
        #[case] files: Files,
        #[case] owner: &str,
        #[case] name: &str,
        #[case] weight: &str,
        #[case] endpoint: &str,
        #[case] location: &str,
    ) {
        let release = files.release().expect("valid values");
        assert_eq!(release.owner, owner);
        assert_eq!(release.annotation_prefix, ALPHA_PREFIX);
        let app = files.app(&release).expect("a valid Service");
        assert_eq!(app.service.name, name);
        assert_eq!(app.service.service_type, "LoadBalancer");
        assert_eq!(app.host().ok(), Some(&*format!("{name}.example.com")));
        let mut said: Vec<_> = app
            .service
            .annotations
            .iter()
            .filter_map(|(key, value)| {
                let name = key.strip_prefix(ALPHA_PREFIX)?;
                let name = name.strip_prefix("webhook-traffic-manager-")?;
                Some(format!("{name}={value}"))
            })
            .collect();
        said.sort();
        let want = [
            "enabled=true".to_owned(),
            format!("endpoint-location={location}"),
            format!("endpoint-name={endpoint}"),
            "hostname=my-app.example.com".to_owned(),
            "monitor-path=/health".to_owned(),
            "monitor-protocol=HTTPS".to_owned(),
            "profile-name=my-app-global".to_owned(),
            "resource-group=my-tm-rg".to_owned(),
            "routing-method=Weighted".to_owned(),
            format!("weight={weight}"),
        ];
        assert_eq!(said, want);
    }

    /// What the values set has to be valid as it stands, and the owner the same for ExternalDNS and the webhook.
    #[rstest]
    #[case(EAST)]
    #[case(WEST)]
    fn the_webhook_takes_the_environment(#[case] files: Files) {
        let release = files.release().expect("valid values");
        let settings = Settings::resolve(&ServeArgs::default(), &release.environment)
            .expect("settings that are valid");
        assert_eq!(settings.owner.to_string(), release.owner);
        assert!(settings.warnings.is_empty());
        assert_eq!(settings.azure.resource_groups.len(), 1);
    }

    /// The other release of a cluster reads the same Services, so it has to read the same annotations.
    #[test]
    fn both_releases_read_one_prefix() {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Zone {
            extra_args: Vec<String>,
        }
        let text = include_str!("../../../../examples/multi-region/external-dns-zone.values.yaml");
        let zone: Zone = EAST.yaml("zone values", text).expect("valid values");
        for files in [EAST, WEST] {
            let prefix = files.release().expect("valid values").annotation_prefix;
            assert!(
                zone.extra_args
                    .contains(&format!("--annotation-prefix={prefix}"))
            );
        }
    }

    #[test]
    fn a_number_without_quotes_is_no_annotation() {
        let files = Files {
            service: "metadata: {name: a, annotations: {weight: 70}}",
            ..EAST
        };
        let release = files.release().expect("valid values");
        assert!(matches!(
            files.app(&release),
            Err(ManifestError::Yaml { .. })
        ));
    }

    #[test]
    fn an_annotation_changes_in_the_copy_only() {
        let release = EAST.release().expect("valid values");
        let app = EAST.app(&release).expect("a valid Service");
        let changed = app.with("weight", "50");
        assert_eq!(changed.get("weight").ok(), Some("50"));
        assert_eq!(app.get("weight").ok(), Some("70"));
        assert!(app.get("priority").is_err());
    }
}
