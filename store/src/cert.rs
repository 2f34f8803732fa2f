//! `bitville-store cert`: the site's own certificate authority, and a certificate for the store.
//!
//! The authority is made once and kept: agents trust `ca.pem` (`[uplink] ca_file`), and a new certificate for
//! the store needs no change on any of them. Its key never has to leave the machine on which it was made.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use daemon::replace;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// A name that people see in their tools.
const AUTHORITY_NAME: &str = "Bitville site authority";

/// Names of one certificate: a store has a few.
const NAMES_MAX: usize = 32;

/// The files that are made.
#[derive(Debug)]
pub(crate) struct Made {
    /// Whether the authority is a new one, which agents do not know yet.
    pub(crate) is_new_authority: bool,
    pub(crate) authority: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// Makes a certificate for these names in a folder; and the authority, if it is not there yet.
pub(crate) fn make(dir: &Path, names: &[String]) -> anyhow::Result<Made> {
    anyhow::ensure!(
        (1..=NAMES_MAX).contains(&names.len()),
        "1 to {NAMES_MAX} names are allowed: host names or addresses under which agents reach the store"
    );
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("folder {} can't be made", dir.display()))?;
    let made = Made {
        is_new_authority: !dir.join("ca.key").exists(),
        authority: dir.join("ca.pem"),
        certificate: dir.join("store.pem"),
        key: dir.join("store.key"),
    };
    let issuer = authority(dir, made.is_new_authority)?;
    let key = KeyPair::generate().context("a key can't be made")?;
    let mut parameters = CertificateParams::new(names.to_vec())
        .with_context(|| format!("names {names:?}: host names and addresses are allowed"))?;
    parameters
        .distinguished_name
        .push(DnType::CommonName, names[0].as_str());
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.use_authority_key_identifier_extension = true;
    let certificate = parameters
        .signed_by(&key, &issuer)
        .context("the certificate can't be signed")?;
    write(&made.key, &key.serialize_pem(), 0o600)?;
    write(&made.certificate, &certificate.pem(), 0o644)?;
    Ok(made)
}

fn authority(dir: &Path, is_new: bool) -> anyhow::Result<Issuer<'static, KeyPair>> {
    let (key_path, path) = (dir.join("ca.key"), dir.join("ca.pem"));
    if !is_new {
        let read = |path: &Path| {
            fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))
        };
        let key = KeyPair::from_pem(&read(&key_path)?)
            .with_context(|| format!("{} holds no key", key_path.display()))?;
        return Issuer::from_ca_cert_pem(&read(&path)?, key)
            .with_context(|| format!("{} holds no authority", path.display()));
    }
    let key = KeyPair::generate().context("a key can't be made")?;
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
        .distinguished_name
        .push(DnType::CommonName, AUTHORITY_NAME);
    let certificate = parameters
        .self_signed(&key)
        .context("the authority can't be signed")?;
    // The certificate first: a key without one would be taken for an authority by the next call.
    write(&path, &certificate.pem(), 0o644)?;
    write(&key_path, &key.serialize_pem(), 0o600)?;
    Ok(Issuer::new(parameters, key))
}

/// What a killed call has left beside the file may have another mode.
fn write(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let _ = fs::remove_file(path.with_extension("new"));
    replace::file(path, text.as_bytes(), mode)
        .with_context(|| format!("{} can't be written", path.display()))
}
