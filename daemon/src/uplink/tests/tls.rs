//! A store behind TLS: whom the uplink believes, and what it says of those whom it does not.

use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::*;

/// An authority of the site's own.
struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        Self {
            certificate,
            issuer: Issuer::new(parameters, key),
        }
    }

    /// A listener's identity, signed by this authority.
    fn acceptor(&self, name: &str, is_over: bool) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if is_over {
            parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
            parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Bench {
    /// An uplink that trusts this authority and no other.
    fn run_trusting(&self, authority: &Authority, url: &str) -> JoinHandle<()> {
        let path = self.dir.path().join("ca.pem");
        fs::write(&path, authority.certificate.pem()).unwrap();
        let settings = settings::Uplink {
            ca_file: Some(path),
            ..self.settings(url)
        };
        settings.check_files().unwrap();
        let journal = self.journal.clone();
        let clock = Clock::system();
        let uplink =
            Uplink::new(settings, self.dir.path(), journal, clock, &self.counters).unwrap();
        tokio::spawn(uplink.run(self.stop.clone(), Duration::from_secs(30)))
    }
}

#[tokio::test]
async fn a_store_with_a_certificate_of_the_site_s_authority_gets_the_batch() {
    let (bench, ours) = (Bench::new(), Authority::new("ours"));
    let acceptor = ours.acceptor("localhost", false);
    let mut peer = Peer::start_tls(acceptor, |request| Reply::commit(&request.lines)).await;
    bench.append(&["a", "b"]);
    let uplink = bench.run_trusting(&ours, &peer.url);
    let request = peer.next().await;
    assert_eq!(request.lines, ["a", "b"]);
    assert_eq!(request.head("authorization"), Some("Bearer first-token"));
    assert_eq!(bench.stop(uplink).await, 0);
}

#[tokio::test]
async fn a_store_that_can_t_prove_itself_gets_nothing_and_the_operator_is_told_why() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let cases = [
        (
            theirs.acceptor("localhost", false),
            "not of an authority that is trusted",
        ),
        (ours.acceptor("localhost", true), "certificate expired"),
        (
            ours.acceptor("elsewhere.example", false),
            "not valid for name",
        ),
    ];
    for (acceptor, reason) in cases {
        let bench = Bench::new();
        let peer = Peer::start_tls(acceptor, |_| panic!("nothing may be told to a stranger")).await;
        bench.append(&["a"]);
        let uplink = bench.run_trusting(&ours, &peer.url);
        while bench.count("batches_failed") == 0 {
            tokio::task::yield_now().await;
        }
        let told = bench.counters.last_error().unwrap();
        assert!(told.contains(reason), "{told}");
        assert_eq!(bench.stop(uplink).await, 1);
    }
}
