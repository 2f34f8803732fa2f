use super::*;

const TEXT: &str = "Query Text: select s.sku\nfrom stock s  -- not a plan (cost= 5)\n\
Finalize Aggregate  (cost=10.00..10.01 rows=1 width=8) (actual time=0.100..1.250 rows=1 loops=1)
  ->  Gather  (cost=1.00..9.00 rows=2 width=8) (actual time=0.050..1.000 rows=2 loops=1)
        Workers Planned: 2
        Workers Launched: 2
        ->  Partial Aggregate  (cost=0.00..8.00 rows=1 width=8)
              ->  Hash Left Join  (cost=0.00..7.50 rows=100 width=4)
                    Hash Cond: (s.sku = o.sku)
                    ->  Parallel Seq Scan on public.stock s  (cost=0.00..7.00 rows=100 width=4) (actual rows=90 loops=3)
                          Filter: (note <> 'secret'::text)
                          Rows Removed by Filter: 10
                    ->  Hash  (cost=0.00..0.40 rows=5 width=4)
                          ->  Index Scan Backward using orders_pkey on orders o  (cost=0.00..0.40 rows=5 width=4)
                                Index Cond: (id < 5)";

const JSON: &str = r#"{
  "Query Text": "select s.sku\nfrom stock s  -- not a plan (cost= 5)",
  "Plan": {
    "Node Type": "Aggregate", "Strategy": "Plain", "Partial Mode": "Finalize", "Parallel Aware": false,
    "Total Cost": 10.01, "Plan Rows": 1, "Actual Total Time": 1.250, "Actual Rows": 1, "Actual Loops": 1,
    "Plans": [{
      "Node Type": "Gather", "Total Cost": 9.00, "Plan Rows": 2, "Actual Total Time": 1.0, "Actual Rows": 2,
      "Actual Loops": 1, "Workers Planned": 2, "Workers Launched": 2,
      "Plans": [{
        "Node Type": "Aggregate", "Strategy": "Plain", "Partial Mode": "Partial", "Total Cost": 8.0, "Plan Rows": 1,
        "Plans": [{
          "Node Type": "Hash Join", "Join Type": "Left", "Hash Cond": "(s.sku = o.sku)", "Total Cost": 7.5, "Plan Rows": 100,
          "Plans": [{
            "Node Type": "Seq Scan", "Parallel Aware": true, "Relation Name": "stock", "Schema": "public", "Alias": "s",
            "Total Cost": 7.0, "Plan Rows": 100, "Actual Rows": 90, "Actual Loops": 3,
            "Filter": "(note <> 'secret'::text)", "Rows Removed by Filter": 10
          }, {
            "Node Type": "Hash", "Total Cost": 0.4, "Plan Rows": 5,
            "Plans": [{
              "Node Type": "Index Scan", "Scan Direction": "Backward", "Index Name": "orders_pkey",
              "Relation Name": "orders", "Alias": "o", "Total Cost": 0.4, "Plan Rows": 5, "Index Cond": "(id < 5)"
            }]
          }]
        }]
      }]
    }]
  }
}"#;

#[test]
fn text_and_json_tell_the_same() {
    let text = read(TEXT);
    let json = read(JSON);
    assert_eq!(text.statement, json.statement);
    assert_eq!(text.plan.nodes, json.plan.nodes);
    assert_eq!(
        (text.plan.format.as_str(), json.plan.format.as_str()),
        ("text", "json")
    );
    let depths: Vec<u16> = text.plan.nodes.iter().map(|node| node.depth).collect();
    assert_eq!(depths, [0, 1, 2, 3, 4, 4, 5]);
    let scan = &text.plan.nodes[4];
    assert_eq!(scan.node_type, "Parallel Seq Scan");
    assert_eq!(scan.relation.as_deref(), Some("stock"));
    assert!(!format!("{:?}", text.plan).contains("secret"), "{scan:?}");
}

#[test]
fn what_is_no_plan_costs_nothing() {
    for text in [
        "",
        "{",
        "{}",
        "<explain/>",
        "Query Text: \"select 1\"\nPlan:\n  Node Type: \"Result\"",
        "x\u{1F600}",
    ] {
        let explained = read(text);
        assert!(explained.plan.nodes.is_empty(), "{text}");
    }
    assert!(read("{\"Query Text\": \"select").plan.is_cut);
    let deep = format!("{}{}", "{\"Plan\": {\"Plans\": [".repeat(500), "1");
    assert!(read(&deep).plan.is_cut);
}
