//! A real PHP-FPM 7.4 seen by a real collector: the request in flight, and the slow log.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use e2e::lab::bin_dir;
use e2e::{await_some, lab_possible, root, skipped};
use serde_json::Value;

/// For a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let pid = self.0.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.0.wait();
    }
}

/// A folder with an FPM of one slow script, and a collector that watches it.
struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self {
            dir: tempfile::Builder::new()
                .prefix("bv-fpm.")
                .tempdir()
                .expect("a folder"),
        };
        let write = |name: &str, text: String| fs::write(bench.path(name), text).expect("a file");
        write("slow.php", SLOW.to_owned());
        write("token", "token\n".to_owned());
        let status = Command::new("chmod")
            .arg("600")
            .arg(bench.path("token"))
            .status();
        assert!(status.expect("chmod runs").success());
        write(
            "fpm.conf",
            format!(
                "[global]\ndaemonize = no\nerror_log = {log}\n[slow]\nlisten = {socket}\nuser = root\n\
                 pm = static\npm.max_children = 2\npm.status_path = /status\nslowlog = {slow}\n\
                 request_slowlog_timeout = 1s\n",
                log = bench.path("fpm.log").display(),
                socket = bench.path("fpm.sock").display(),
                slow = bench.path("slow.log").display(),
            ),
        );
        write(
            "settings.ini",
            format!(
                "[project]\nname = shop\n[uplink]\nurl = http://127.0.0.1:9\ntoken_file = {token}\n\
                 [collector]\nsocket = {run}\nudp =\nspool_dir =\nhealth_listen =\njournal_dir = {journal}\n\
                 host_metrics_interval = 1s\nfpm_status = {socket}:/status\nfpm_slowlog = {slow}\n\
                 drain_timeout = 0s\n",
                token = bench.path("token").display(),
                run = bench.path("collector.sock").display(),
                journal = bench.path("journal").display(),
                socket = bench.path("fpm.sock").display(),
                slow = bench.path("slow.log").display(),
            ),
        );
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn start(command: &mut Command) -> Running {
        let child = command.stdin(Stdio::null()).spawn();
        Running(child.expect("the program starts"))
    }

    fn fpm(&self) -> Running {
        let mut command = Command::new(root().join("scripts/php74"));
        command
            .arg("php-fpm")
            .arg("-y")
            .arg(self.path("fpm.conf"))
            .arg("-R");
        let running = Self::start(&mut command);
        let socket = self.path("fpm.sock");
        await_some("FPM listens", PATIENCE, || socket.exists().then_some(()));
        running
    }

    fn collector(&self) -> Running {
        let mut command = Command::new(bin_dir().join("bitville-collector"));
        Self::start(command.arg("--settings").arg(self.path("settings.ini")))
    }

    /// One request, of a web server's kind; it runs until its script ends.
    fn request(&self, query: &str) -> Running {
        let code = "require $argv[1]; (new Bitville\\Tests\\FastCgi($argv[2]))->request(\
             ['SCRIPT_FILENAME' => $argv[3], 'SCRIPT_NAME' => '/slow.php', 'REQUEST_METHOD' => 'GET', \
             'REQUEST_URI' => $argv[4], 'QUERY_STRING' => $argv[4]], '');";
        let mut command = Command::new(root().join("scripts/php74"));
        command
            .args(["php", "-r", code])
            .arg(root().join("php/tests/FastCgi.php"));
        command
            .arg(self.path("fpm.sock"))
            .arg(self.path("slow.php"))
            .arg(query);
        Self::start(&mut command)
    }

    /// The records of a kind that wait in the journal of the collector, as its own command shows them.
    fn records(&self, kind: &str) -> Vec<Value> {
        let output = Command::new(bin_dir().join("bitville-collector"))
            .args(["journal", "--records", "100000", "--bodies", "--dir"])
            .arg(self.path("journal"))
            .output()
            .expect("bitville-collector journal runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.lines()
            .filter(|line| line.starts_with('{'))
            .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"))
            .filter(|line| line["kind"] == kind)
            .map(|mut line| line["record"]["body"].take())
            .collect()
    }
}

/// Sleeps until its file is gone, so that a test decides how long it runs.
const SLOW: &str = "<?php function waits() { while (file_exists(__DIR__ . '/wait')) { usleep(20000); clearstatcache(); } }\nwaits();\n";

fn is_slow_log_possible() -> bool {
    // FPM looks into its worker with ptrace.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let effective = effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
    effective.is_some_and(|bits| bits & (1 << 19) != 0)
}

fn touch(path: &Path) {
    fs::write(path, "").expect("a file");
}

#[test]
fn a_request_in_flight_is_told_with_its_age_and_the_slow_log_with_its_stack() {
    if !lab_possible() {
        return skipped(
            "PHP-FPM's status",
            "PHP 7.4 is made with debootstrap, which needs root on Debian",
        );
    }
    let bench = Bench::new();
    let _collector = bench.collector();
    let silent = await_some("an FPM that is away is told", PATIENCE, || {
        bench.records("fpm_status").into_iter().next()
    });
    assert!(
        silent["error"]
            .as_str()
            .is_some_and(|error| error.contains("can't be connected to")),
        "{silent}"
    );

    let _fpm = bench.fpm();
    touch(&bench.path("wait"));
    let mut requests = vec![bench.request("_url=/shop/slow&card=4111111111111111")];
    let in_flight = |status: &Value| {
        let requests = status["requests"].as_array()?;
        let request = requests.first()?;
        (request["age_us"].as_u64()? >= 2_000_000).then(|| (status.clone(), request.clone()))
    };
    let (status, request) = await_some("the request is told while it runs", PATIENCE, || {
        bench.records("fpm_status").iter().find_map(in_flight)
    });
    assert_eq!(status["pool"], "slow");
    assert_eq!(
        status["requests"].as_array().map(Vec::len),
        Some(1),
        "{status}"
    );
    assert_eq!(request["uri"], "/slow.php?_url=/shop/slow&card=[redacted]");
    assert_eq!(request["method"], "GET");
    assert_eq!(
        request["script"],
        bench.path("slow.php").to_str().unwrap_or_default()
    );

    // Both workers busy: the status page waits in the pool's own queue, and that is told.
    requests.push(bench.request("_url=/second"));
    let exhausted = |status: &Value| {
        status["error"]
            .as_str()?
            .contains("no answer within")
            .then_some(())
    };
    await_some("an exhausted pool is told", PATIENCE, || {
        bench.records("fpm_status").iter().find_map(exhausted)
    });

    if is_slow_log_possible() {
        let slow = await_some("the slow log's entry", PATIENCE, || {
            bench.records("fpm_slow").into_iter().next()
        });
        assert_eq!(slow["pool"], "slow");
        let functions: Vec<&str> = slow["stack"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|frame| frame["function"].as_str())
            .collect();
        assert!(functions.contains(&"waits"), "{slow}");
    } else {
        skipped("PHP-FPM's slow log", "FPM needs CAP_SYS_PTRACE for it");
    }
    fs::remove_file(bench.path("wait")).expect("the file is there");
    drop(requests);
}
