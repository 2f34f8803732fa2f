-- The demo shop's data, the same in every lab: 24,000 products with text, 80,000 orders with
-- 240,000 lines over a year. Numbers come from multiplying with primes instead of random(), so
-- that two labs hold the same rows.
INSERT INTO category
SELECT n, (ARRAY['Garden', 'Kitchen', 'Office', 'Travel', 'Sports', 'Music', 'Lighting', 'Textiles',
                 'Toys', 'Tools', 'Bath', 'Pets'])[n]
FROM generate_series(1, 12) n;

-- A word list and a walk through it gives texts that a search can hit and miss.
CREATE TEMPORARY TABLE word AS
SELECT ordinality::integer - 1 AS n, word
FROM unnest(string_to_array(
    'summer winter garden kitchen oak steel cotton leather handmade outdoor wool ceramic travel '
    'classic compact premium for from in with the and light strong soft warm sale gift set small '
    'large round folding portable everyday modern rustic blue green copper linen bamboo glass cork '
    'family weekend balcony camping office reading quiet bright sturdy washable stackable recycled '
    'northern harbour meadow river mountain', ' ')) WITH ORDINALITY AS list (word, ordinality);

INSERT INTO product
SELECT n,
       'SKU-' || lpad(n::text, 6, '0'),
       initcap((SELECT string_agg(word, ' ' ORDER BY i)
                FROM generate_series(1, 3) i
                JOIN word ON word.n = (p.n * 7919 + i * 104729) % (SELECT count(*) FROM word))) || ' ' || n,
       (SELECT string_agg(word, ' ' ORDER BY i)
        FROM generate_series(1, 90) i
        JOIN word ON word.n = (p.n * 6151 + i * i * 31 + i * 17) % (SELECT count(*) FROM word)),
       1 + n % 12,
       500 + (n::bigint * 7907) % 20000
FROM generate_series(1, 24000) p (n);

-- The hot ones are those that the start page shows and that most customers buy.
INSERT INTO stock
SELECT sku, 1000000, base_price_cents, now() - interval '1 day', id <= 48
FROM product;

INSERT INTO customer_order (id, session, ordered_at)
SELECT n, 'old' || n, now() - interval '365 days' + n * interval '390 seconds'
FROM generate_series(1, 80000) n;

-- Three lines an order; every third line is a hot product.
INSERT INTO order_line (order_id, sku, qty, price_cents)
SELECT o.n,
       'SKU-' || lpad((CASE i WHEN 1 THEN 1 + (o.n * 31) % 48
                              ELSE 1 + (o.n::bigint * 7919 + i * 104729) % 24000 END)::text, 6, '0'),
       1 + (o.n + i) % 3,
       500 + (o.n * 7 + i * 13) % 20000
FROM generate_series(1, 80000) o (n), generate_series(1, 3) i;

-- Four of each bundle are cheaper at present.
INSERT INTO deal
SELECT id, sku, (id - 1) / 240, CASE WHEN id % 60 = 0 THEN 'running' ELSE 'over' END, 5 + id % 40
FROM product;

SELECT setval(pg_get_serial_sequence('customer_order', 'id'), 80000);
CREATE INDEX order_line_order ON order_line (order_id);
CREATE INDEX order_line_sku ON order_line (sku);
ANALYZE category, product, stock, customer_order, order_line, deal;
