//! A site's requests: some sixty routes, each with its own call graph, statements and cost.

use std::fmt::Write as _;

/// What a site has.
const FUNCTIONS: usize = 1_500;
const ROUTES: usize = 60;
const STATEMENTS: usize = 200;

/// What a request has.
const EDGES: usize = 300;
const NAMES: usize = 150;
const QUERIES: usize = 20;

/// A xorshift generator: the same load every time, whoever makes it.
pub(crate) struct Random(u64);

pub(crate) struct Site {
    functions: Vec<String>,
    statements: Vec<String>,
    routes: Vec<Route>,
    random: Random,
}

struct Route {
    path: String,
    names: Vec<usize>,
    /// Caller and callee by their place in `names`.
    edges: Vec<(i64, usize)>,
    statements: Vec<usize>,
}

// === impl Random ===

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or(0)
    }

    /// Mostly small, now and then large, as costs are.
    fn cost(&mut self, scale: u64) -> u64 {
        let magnitude = self.next() % 10;
        (self.next() % scale) >> magnitude
    }
}

// === impl Site ===

impl Site {
    pub(crate) fn new() -> Self {
        let mut random = Random::new(0x5eed);
        let spaces = ["Cart", "Catalog", "Mvc", "Db", "User"];
        let classes = [
            "Controller",
            "Repository",
            "Model",
            "Service",
            "Adapter",
            "Formatter",
        ];
        let verbs = [
            "find", "load", "render", "apply", "compute", "fetch", "build", "check",
        ];
        let function = |number: usize| {
            format!(
                "{}{}{}::{}{}",
                spaces[number % spaces.len()],
                classes[number / 5 % classes.len()],
                number / 30,
                verbs[number / 3 % verbs.len()],
                ["All", "One", "ById", "Totals", "Lines"][number / 7 % 5],
            )
        };
        let statement = |number: usize| {
            format!(
                "SELECT id, name, price{number} FROM table_{} WHERE shop_id = :shop AND state = :state LIMIT 50",
                number % 40
            )
        };
        let routes = (0..ROUTES).map(|number| Route::new(number, &mut random));
        Self {
            routes: routes.collect(),
            functions: (0..FUNCTIONS).map(function).collect(),
            statements: (0..STATEMENTS).map(statement).collect(),
            random,
        }
    }

    /// A record's line.
    pub(crate) fn record(&mut self, at_us: i64, event_id: uuid::Uuid) -> String {
        // Some routes are far more frequent than others.
        let route = self.random.below(ROUTES).min(self.random.below(ROUTES));
        let wall_us = 500_000 + self.random.cost(8_000_000);
        let id = uuid::Uuid::from_u64_pair(self.random.next(), self.random.next());
        let id = uuid::Builder::from_bytes(id.into_bytes())
            .with_version(uuid::Version::Random)
            .into_uuid();
        let host = self.random.below(4);
        let mut line = String::with_capacity(13_000);
        let path = &self.routes[route].path;
        let status = if self.random.below(100) == 0 {
            500
        } else {
            200
        };
        let _ = write!(
            line,
            r#"{{"v":1,"kind":"request","event_id":"{event_id}","project":"shop","host":"web{host}","at_us":{at_us},"body":{{"correlation_id":"{id}","reason":"slow","method":"GET","url":"{path}?page={}&sort=redacted","route":"{path}","status":{status},"sapi":"fpm-fcgi","pid":{},"client":"10.{}.{}.7","headers":{{"host":"www.shop.example","user-agent":"Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0","accept-language":"en-GB,en;q=0.5"}},"wall_us":{wall_us},"cpu_user_us":{},"cpu_system_us":{},"memory":{{"peak_used_bytes":{},"peak_allocated_bytes":{},"limit_bytes":134217728}},"#,
            self.random.below(90),
            1_000 + self.random.below(200),
            self.random.below(200),
            self.random.below(250),
            wall_us / 3,
            wall_us / 40,
            4_000_000 + self.random.cost(60_000_000),
            80_000_000,
        );
        self.sql(&mut line, route, wall_us);
        line.push(',');
        self.profile(&mut line, route, wall_us);
        line.push_str("}}");
        line
    }

    fn sql(&mut self, line: &mut String, route: usize, wall_us: u64) {
        let _ = write!(
            line,
            r#""sql":{{"count":{QUERIES},"failed":0,"total_us":{},"omitted":0,"queries":["#,
            wall_us / 4
        );
        for number in 0..QUERIES {
            let statement = self.routes[route].statements[number];
            let comma = if number == 0 { "" } else { "," };
            let (start, duration) = (self.random.cost(wall_us), self.random.cost(200_000));
            let _ = write!(
                line,
                r#"{comma}{{"start_us":{start},"duration_us":{duration},"sql":"{}","connection":1,"caller":"{}","backend_pid":4711}}"#,
                self.statements[statement],
                self.functions[self.routes[route].names[number + 5]],
            );
        }
        line.push_str("]}");
    }

    fn profile(&mut self, line: &mut String, route: usize, wall_us: u64) {
        line.push_str(r#""profile":{"engine":"tideways_xhprof","shape":"call_pairs","metrics":["calls","wall_us"],"names":["main()""#);
        for name in &self.routes[route].names {
            let _ = write!(line, r#","{}""#, self.functions[*name]);
        }
        let _ = write!(line, r#"],"edges":[[-1,0,1,{wall_us}]"#);
        for edge in 0..EDGES - 1 {
            let (caller, callee) = self.routes[route].edges[edge];
            let (calls, us) = (1 + self.random.cost(60), self.random.cost(100_000));
            let _ = write!(line, ",[{caller},{callee},{calls},{us}]");
        }
        line.push_str(r#"],"folded_edges":0}"#);
    }
}

// === impl Route ===

impl Route {
    fn new(number: usize, random: &mut Random) -> Self {
        let names: Vec<usize> = (0..NAMES).map(|_| random.below(FUNCTIONS)).collect();
        let edges = (0..EDGES).map(|edge| {
            // A tree first, so that everything hangs together, then more calls across it.
            let callee = 1 + edge % NAMES;
            let caller = if edge < NAMES {
                random.below(callee)
            } else {
                random.below(NAMES)
            };
            (i64::try_from(caller).unwrap_or(0), callee)
        });
        Self {
            path: format!("/shop/area{}/page{number}", number % 7),
            edges: edges.collect(),
            statements: (0..QUERIES).map(|_| random.below(STATEMENTS)).collect(),
            names,
        }
    }
}
