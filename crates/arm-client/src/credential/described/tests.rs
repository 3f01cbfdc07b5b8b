use rstest::rstest;

use super::*;
use crate::credential::AzureJson;

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn with_file(variables: &[(&str, &str)], file: &str) -> Environment {
    let file = AzureJson::parse(file).unwrap();
    environment(variables).with_azure_json(Some(file.into()))
}

/// The credential in a few letters, and the application or identity.
fn shown(described: &Described) -> String {
    match described {
        Described::ClientSecret { app, .. } => format!("secret of {}", app.client),
        Described::ClientCertificate { app, .. } => format!("certificate of {}", app.client),
        Described::WorkloadIdentity { app, .. } => format!("workload {}", app.client),
        Described::ManagedIdentity(identity) => format!("machine's {identity:?}"),
        Described::AzureCli => "cli".to_owned(),
        Described::Machine(identity) => format!("whatever, or {identity:?}"),
    }
}

const TENANT: (&str, &str) = (TENANT_ID, "t");
const CLIENT: (&str, &str) = (CLIENT_ID, "c");
const SECRET: (&str, &str) = (CLIENT_SECRET, "hunter2");
const CERTIFICATE: (&str, &str) = (CLIENT_CERTIFICATE_PATH, "/c.pem");
const TOKEN: (&str, &str) = (FEDERATED_TOKEN_FILE, "/t");

#[rstest]
#[case(&[TENANT, CLIENT, TOKEN, CERTIFICATE, SECRET], "secret of c")]
#[case(&[TENANT, CLIENT, TOKEN, CERTIFICATE], "certificate of c")]
#[case(&[TENANT, CLIENT, TOKEN, (CLIENT_SECRET, " ")], "workload c")]
#[case(&[CLIENT], "whatever, or Some(Client(\"c\"))")]
#[case(&[], "whatever, or None")]
fn the_order_of_auto(#[case] variables: &[(&str, &str)], #[case] chosen: &str) {
    let described = Described::new(CredentialKind::Auto, &environment(variables)).unwrap();
    assert_eq!(shown(&described.unwrap()), chosen);
}

#[rstest]
#[case(CredentialKind::ClientSecret, "secret of c")]
#[case(CredentialKind::ClientCertificate, "certificate of c")]
#[case(CredentialKind::WorkloadIdentity, "workload c")]
#[case(CredentialKind::ManagedIdentity, "machine's Some(Client(\"c\"))")]
#[case(CredentialKind::AzureCli, "cli")]
fn what_is_asked_for_is_taken(#[case] kind: CredentialKind, #[case] chosen: &str) {
    let all = environment(&[TENANT, CLIENT, TOKEN, CERTIFICATE, SECRET]);
    let described = Described::new(kind, &all).unwrap();
    assert_eq!(shown(&described.unwrap()), chosen);
}

#[test]
fn no_credential_needs_nothing() {
    let described = Described::new(CredentialKind::None, &environment(&[SECRET]));
    assert_eq!(described, Ok(None));
}

#[rstest]
#[case(IDENTITY_OBJECT_ID, UserAssigned::Object("i".to_owned()))]
#[case(IDENTITY_RESOURCE_ID, UserAssigned::Resource("i".to_owned()))]
#[case(CLIENT_ID, UserAssigned::Client("i".to_owned()))]
fn an_identity_is_named_in_three_ways(#[case] variable: &str, #[case] identity: UserAssigned) {
    let from = environment(&[(variable, "i")]);
    let described = Described::new(CredentialKind::ManagedIdentity, &from).unwrap();
    assert_eq!(described, Some(Described::ManagedIdentity(Some(identity))));
}

#[rstest]
#[case(
    r#"{"tenantId": "ft", "aadClientId": "fc", "aadClientSecret": "fs"}"#,
    "secret of fc"
)]
#[case(
    r#"{"tenantId": "ft", "useWorkloadIdentityExtension": true}"#,
    "workload c"
)]
#[case(
    r#"{"aadClientId": "fc", "useWorkloadIdentityExtension": true}"#,
    "workload fc"
)]
#[case(r#"{"useManagedIdentityExtension": true}"#, "machine's None")]
#[case(
    r#"{"useManagedIdentityExtension": true, "userAssignedIdentityID": "u"}"#,
    "machine's Some(Client(\"u\"))"
)]
#[case(r#"{"tenantId": "ft", "subscriptionId": "s"}"#, "secret of c")]
fn the_file_comes_first_when_it_says_something(#[case] file: &str, #[case] chosen: &str) {
    let from = with_file(&[TENANT, CLIENT, TOKEN, SECRET], file);
    let described = Described::new(CredentialKind::Auto, &from).unwrap();
    assert_eq!(shown(&described.unwrap()), chosen);
}

#[test]
fn another_credential_that_is_asked_for_passes_the_file_by() {
    let from = with_file(
        &[TENANT, CLIENT, TOKEN],
        r#"{"useManagedIdentityExtension": true}"#,
    );
    let described = Described::new(CredentialKind::WorkloadIdentity, &from).unwrap();
    assert_eq!(shown(&described.unwrap()), "workload c");
}

#[track_caller]
fn refused(kind: CredentialKind, from: &Environment) -> String {
    let error = Described::new(kind, from).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    error.to_string()
}

#[test]
fn what_is_begun_must_be_complete() {
    let auto = |variables: &[_]| refused(CredentialKind::Auto, &environment(variables));
    insta::assert_snapshot!(auto(&[SECRET, CLIENT]), @"AZURE_CLIENT_SECRET is set but AZURE_TENANT_ID is not");
    insta::assert_snapshot!(auto(&[CERTIFICATE]), @"AZURE_CLIENT_CERTIFICATE_PATH is set but AZURE_TENANT_ID and AZURE_CLIENT_ID are not");
    insta::assert_snapshot!(auto(&[TOKEN, TENANT, (CLIENT_ID, "")]), @r#"AZURE_FEDERATED_TOKEN_FILE is set but AZURE_CLIENT_ID is not; annotate the service account with azure.workload.identity/client-id and give the pod the label azure.workload.identity/use: "true""#);
    insta::assert_snapshot!(auto(&[CLIENT, (IDENTITY_OBJECT_ID, "o")]), @"AZURE_CLIENT_ID and AZURE_MANAGED_IDENTITY_OBJECT_ID are both set; a managed identity is named by one of them");
}

#[test]
fn what_is_asked_for_must_be_described() {
    let none = environment(&[TENANT]);
    insta::assert_snapshot!(refused(CredentialKind::ClientSecret, &none), @"the credential client-secret needs AZURE_CLIENT_SECRET and AZURE_CLIENT_ID, and they are not set");
    insta::assert_snapshot!(refused(CredentialKind::ClientCertificate, &environment(&[TENANT, CLIENT])), @"the credential client-certificate needs AZURE_CLIENT_CERTIFICATE_PATH, and it is not set");
    insta::assert_snapshot!(refused(CredentialKind::AzureJson, &none), @"the credential azure-json needs the file: give --azure-config-file or AZURE_CONFIG_FILE");
    insta::assert_snapshot!(refused(CredentialKind::AzureJson, &with_file(&[SECRET], r#"{"tenantId": "t"}"#)), @"the file describes no credential: it has neither aadClientId with aadClientSecret, nor useWorkloadIdentityExtension, nor useManagedIdentityExtension");
    insta::assert_snapshot!(refused(CredentialKind::AzureJson, &with_file(&[TENANT], r#"{"useWorkloadIdentityExtension": true}"#)), @r#"the credential workload-identity needs AZURE_FEDERATED_TOKEN_FILE and AZURE_CLIENT_ID, and they are not set; annotate the service account with azure.workload.identity/client-id and give the pod the label azure.workload.identity/use: "true""#);
}

#[test]
fn values_are_not_shown() {
    let from = environment(&[TENANT, CLIENT, SECRET]);
    assert!(!format!("{from:?}").contains("hunter2"));
    let described = Described::new(CredentialKind::Auto, &from);
    assert!(!format!("{described:?}").contains("hunter2"));
}
