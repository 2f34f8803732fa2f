use super::*;

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

fn authority() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::default();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    parameters.self_signed(&key).unwrap().pem()
}

#[test]
fn all_certificates_of_a_bundle_are_read() {
    let text = format!("# ours\n{}\n# the old one\n{}", authority(), authority());
    let (_dir, path) = file(&text);
    assert_eq!(read(&path).unwrap().len(), 2);
}

#[test]
fn a_file_without_a_usable_certificate_says_what_is_wrong_with_it() {
    let (_dir, path) = file("nothing here\n");
    assert!(
        read(&path)
            .unwrap_err()
            .to_string()
            .contains("holds no certificate")
    );
    let (_dir, path) =
        file(&(authority() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    let told = read(&path).unwrap_err().to_string();
    assert!(
        told.contains("certificate 2 of ") && told.contains("can't be used"),
        "{told}"
    );
    let missing = read(Path::new("/nowhere/ca.pem")).unwrap_err();
    assert!(
        missing
            .to_string()
            .contains("/nowhere/ca.pem can't be read")
    );
}
