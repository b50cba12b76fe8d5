-- The sample database of `make demo`, the tests and the guides: a small shop that sells books, games and kitchen things.
-- The same rows on every machine and every run: no random(), no now(); a hash of the row's number stands in for chance.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET timezone = 'UTC';
BEGIN;

-- An even spread of 0 .. size - 1 that depends on `seed` and `salt` alone.
CREATE FUNCTION pg_temp.pick(seed int, salt int, size int) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT (('x' || substr(md5(seed || '/' || salt), 1, 7))::bit(28)::int % size) $$;

CREATE TYPE order_status AS ENUM ('placed', 'paid', 'shipped', 'delivered', 'returned', 'cancelled');
COMMENT ON TYPE order_status IS 'Where an order is on its way; "returned" and "cancelled" do not count as revenue';

CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@\s]+@[^@\s]+$');

CREATE TABLE customers (
    customer_id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    email email NOT NULL UNIQUE,
    country char(2) NOT NULL,
    city text NOT NULL,
    joined_on date NOT NULL,
    newsletter boolean NOT NULL DEFAULT false,
    preferences jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE customers IS 'People who have an account with the shop';
COMMENT ON COLUMN customers.country IS 'ISO 3166-1 alpha-2 code';
COMMENT ON COLUMN customers.preferences IS 'What the customer chose on the settings page: language, theme, favourite categories';

CREATE TABLE categories (
    category_id int PRIMARY KEY,
    name text NOT NULL UNIQUE,
    parent_id int REFERENCES categories
);
COMMENT ON TABLE categories IS 'A tree: the top categories have no parent';

CREATE TABLE products (
    product_id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    sku text NOT NULL UNIQUE,
    name text NOT NULL,
    category_id int NOT NULL REFERENCES categories,
    price numeric(10, 2) NOT NULL CHECK (price > 0),
    cost numeric(10, 2) NOT NULL,
    weight_grams int,
    tags text[] NOT NULL DEFAULT '{}',
    attributes jsonb NOT NULL DEFAULT '{}',
    discontinued boolean NOT NULL DEFAULT false,
    description text
);
COMMENT ON TABLE products IS 'What is or was for sale';
COMMENT ON COLUMN products.price IS 'Today''s price in EUR with VAT; what was paid is in order_items.unit_price';
COMMENT ON COLUMN products.cost IS 'What the shop pays its supplier, in EUR';
COMMENT ON COLUMN products.attributes IS 'Facts that differ by category: colour, author, players, material';

CREATE TABLE stock (
    product_id int NOT NULL REFERENCES products,
    warehouse text NOT NULL,
    quantity int NOT NULL CHECK (quantity >= 0),
    reorder_at int NOT NULL DEFAULT 10,
    PRIMARY KEY (product_id, warehouse)
);
COMMENT ON TABLE stock IS 'How many pieces lie in which warehouse';
COMMENT ON COLUMN stock.reorder_at IS 'Order more when the quantity falls to this number';

CREATE TABLE orders (
    order_id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    customer_id int NOT NULL REFERENCES customers,
    status order_status NOT NULL,
    placed_at timestamptz NOT NULL,
    shipped_at timestamptz,
    shipping_days int4range,
    voucher text
);
COMMENT ON TABLE orders IS 'One row for each order, whatever became of it';
COMMENT ON COLUMN orders.shipping_days IS 'The promised time of delivery, in days';
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_placed_at ON orders (placed_at);

CREATE TABLE order_items (
    order_id int NOT NULL REFERENCES orders,
    line int NOT NULL,
    product_id int NOT NULL REFERENCES products,
    quantity int NOT NULL CHECK (quantity > 0),
    unit_price numeric(10, 2) NOT NULL,
    discount numeric(3, 2) NOT NULL DEFAULT 0 CHECK (discount BETWEEN 0 AND 1),
    PRIMARY KEY (order_id, line)
);
COMMENT ON TABLE order_items IS 'The lines of an order';
COMMENT ON COLUMN order_items.discount IS 'Part of the price that was let off: 0.10 is ten per cent';
CREATE INDEX order_items_product ON order_items (product_id);

CREATE TABLE reviews (
    review_id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    product_id int NOT NULL REFERENCES products,
    customer_id int NOT NULL REFERENCES customers,
    stars smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    title text,
    body text,
    written_at timestamptz NOT NULL,
    UNIQUE (product_id, customer_id)
);
COMMENT ON TABLE reviews IS 'What customers say; text from outside, not to be trusted';

INSERT INTO categories VALUES
    (1, 'Books', NULL), (2, 'Games', NULL), (3, 'Kitchen', NULL),
    (11, 'Novels', 1), (12, 'Cookbooks', 1), (13, 'Travel', 1),
    (21, 'Board games', 2), (22, 'Puzzles', 2),
    (31, 'Knives', 3), (32, 'Pots and pans', 3), (33, 'Coffee', 3);

INSERT INTO products (sku, name, category_id, price, cost, weight_grams, tags, attributes, discontinued, description)
SELECT
    upper(left(k.kind, 2)) || '-' || to_char(n, 'FM0000'),
    (ARRAY['Quiet', 'Northern', 'Little', 'Golden', 'Old', 'Blue', 'Wild', 'Seven', 'Paper', 'Winter'])[1 + pg_temp.pick(n, 1, 10)] || ' ' || k.noun,
    k.category_id,
    round((k.base * (0.7 + pg_temp.pick(n, 2, 90) / 100.0))::numeric, 1) - 0.01,
    round((k.base * (0.35 + pg_temp.pick(n, 3, 20) / 100.0))::numeric, 2),
    CASE WHEN pg_temp.pick(n, 4, 12) = 0 THEN NULL ELSE 80 + pg_temp.pick(n, 5, 2400) END,
    CASE pg_temp.pick(n, 6, 5) WHEN 0 THEN '{}' WHEN 1 THEN ARRAY['gift'] WHEN 2 THEN ARRAY['gift', 'bestseller']
        WHEN 3 THEN ARRAY['new'] ELSE ARRAY['sale', k.kind] END,
    k.attributes || jsonb_build_object('edition', 1 + pg_temp.pick(n, 7, 4)),
    pg_temp.pick(n, 8, 20) = 0,
    CASE WHEN pg_temp.pick(n, 9, 6) = 0 THEN NULL ELSE 'A ' || k.kind || ' that ' ||
        (ARRAY['people give away', 'lasts for years', 'starts conversations', 'needs no introduction'])[1 + pg_temp.pick(n, 10, 4)] || '.' END
FROM generate_series(1, 160) AS n
CROSS JOIN LATERAL (
    SELECT * FROM (VALUES
        (0, 'novel', 'River', 11, 18.0, '{"format": "hardcover"}'::jsonb), (1, 'cookbook', 'Table', 12, 29.0, '{"recipes": 90}'),
        (2, 'guide', 'Roads', 13, 22.0, '{"maps": true}'), (3, 'game', 'Harbour', 21, 39.0, '{"players": [2, 5]}'),
        (4, 'puzzle', 'Garden', 22, 16.0, '{"pieces": 1000}'), (5, 'knife', 'Blade', 31, 64.0, '{"material": "steel", "length_mm": 180}'),
        (6, 'pan', 'Skillet', 32, 58.0, '{"material": "cast iron"}'), (7, 'brewer', 'Kettle', 33, 45.0, '{"cups": 4}')
    ) AS kinds (which, kind, noun, category_id, base, attributes)
    WHERE which = n % 8
) AS k;

INSERT INTO stock
SELECT p.product_id, w.name, pg_temp.pick(p.product_id, w.salt, 120), 10 + pg_temp.pick(p.product_id, w.salt + 50, 15)
FROM products p CROSS JOIN (VALUES ('Hamburg', 101), ('Lyon', 102)) AS w (name, salt);

INSERT INTO customers (name, email, country, city, joined_on, newsletter, preferences)
SELECT
    given || ' ' || family,
    lower(translate(given || '.' || family, 'éèöüñøłŁ ''', 'eeounolL')) || n || '@example.com',
    home.country, home.city,
    date '2022-01-03' + pg_temp.pick(n, 21, 1200),
    pg_temp.pick(n, 22, 3) = 0,
    jsonb_build_object('language', home.language, 'theme', (ARRAY['light', 'dark'])[1 + pg_temp.pick(n, 23, 2)])
FROM generate_series(1, 400) AS n
CROSS JOIN LATERAL (SELECT
    (ARRAY['Ada', 'Bruno', 'Chloé', 'Dmitri', 'Elif', 'Farah', 'Grace', 'Hiro', 'Inés', 'Jonas', 'Karin', 'Liam', 'Mina', 'Noor', 'Olga', 'Pavel'])[1 + pg_temp.pick(n, 24, 16)] AS given,
    (ARRAY['Andersson', 'Böhm', 'Costa', 'Dubois', 'Eriksen', 'Ferrari', 'García', 'Hansen', 'Ivanova', 'Jansen', 'Kowalski', 'López', 'Müller', 'Novák', 'O''Brien', 'Peeters', 'Rossi', 'Sørensen', 'Tanaka', 'Virtanen'])[1 + pg_temp.pick(n, 25, 20)] AS family
) AS person
CROSS JOIN LATERAL (
    SELECT * FROM (VALUES
        (0, 'DE', 'Berlin', 'de'), (1, 'DE', 'Hamburg', 'de'), (2, 'DE', 'Köln', 'de'), (3, 'FR', 'Paris', 'fr'), (4, 'FR', 'Lyon', 'fr'),
        (5, 'NL', 'Utrecht', 'nl'), (6, 'ES', 'Valencia', 'es'), (7, 'IT', 'Torino', 'it'), (8, 'PL', 'Kraków', 'pl'), (9, 'SE', 'Malmö', 'sv'),
        (10, 'AT', 'Wien', 'de'), (11, 'DK', 'Aarhus', 'da')
    ) AS homes (which, country, city, language)
    WHERE which = pg_temp.pick(n, 26, 12)
) AS home;

-- Orders of 2024 and 2025, more of them towards December of each year.
INSERT INTO orders (customer_id, status, placed_at, shipped_at, shipping_days, voucher)
SELECT
    1 + least(pg_temp.pick(n, 31, 400), pg_temp.pick(n, 32, 400)),
    s.status, s.placed_at,
    CASE WHEN s.status IN ('shipped', 'delivered', 'returned') THEN s.placed_at + make_interval(hours => 6 + pg_temp.pick(n, 33, 70)) END,
    int4range(1 + pg_temp.pick(n, 34, 2), 4 + pg_temp.pick(n, 35, 5)),
    CASE WHEN pg_temp.pick(n, 36, 11) = 0 THEN 'SPRING' || pg_temp.pick(n, 37, 9) END
FROM generate_series(1, 1500) AS n
CROSS JOIN LATERAL (SELECT
    timestamptz '2024-01-01 08:00+00' + make_interval(
        days => 365 * (n % 2) + greatest(pg_temp.pick(n, 38, 365), pg_temp.pick(n, 39, 365)), mins => pg_temp.pick(n, 40, 840)) AS placed_at,
    (ARRAY['delivered', 'delivered', 'delivered', 'delivered', 'delivered', 'delivered', 'shipped', 'paid', 'returned', 'cancelled']::order_status[])[1 + pg_temp.pick(n, 41, 10)] AS status
) AS s;

INSERT INTO order_items (order_id, line, product_id, quantity, unit_price, discount)
SELECT o.order_id, l.line, p.product_id, 1 + pg_temp.pick(o.order_id * 10 + l.line, 51, 3) / (1 + pg_temp.pick(o.order_id, 52, 2)),
    round(p.price * CASE WHEN o.placed_at < '2025-01-01' THEN 0.95 ELSE 1 END, 2),
    CASE WHEN o.voucher IS NOT NULL THEN 0.10 WHEN 'sale' = ANY (p.tags) THEN 0.15 ELSE 0 END
FROM orders o
CROSS JOIN LATERAL generate_series(1, 1 + pg_temp.pick(o.order_id, 53, 4)) AS l (line)
JOIN products p ON p.product_id = 1 + least(pg_temp.pick(o.order_id * 10 + l.line, 54, 160), pg_temp.pick(o.order_id * 10 + l.line, 55, 160));

INSERT INTO reviews (product_id, customer_id, stars, title, body, written_at)
SELECT DISTINCT ON (i.product_id, o.customer_id)
    i.product_id, o.customer_id,
    (ARRAY[5, 5, 5, 4, 4, 4, 3, 3, 2, 1])[1 + pg_temp.pick(o.order_id * 7 + i.line, 61, 10)],
    (ARRAY['Lovely', 'As described', 'Bought it twice', 'Not for me', 'Good value', NULL])[1 + pg_temp.pick(o.order_id * 7 + i.line, 62, 6)],
    (ARRAY['Arrived early and well packed.', 'The picture promises more than it keeps.', 'My sister wants one too.', 'Solid. Would buy again.', NULL])[1 + pg_temp.pick(o.order_id * 7 + i.line, 63, 5)],
    o.placed_at + make_interval(days => 5 + pg_temp.pick(o.order_id, 64, 40))
FROM order_items i JOIN orders o USING (order_id)
WHERE o.status IN ('delivered', 'returned') AND pg_temp.pick(o.order_id * 7 + i.line, 65, 3) = 0
ORDER BY i.product_id, o.customer_id, o.order_id, i.line;

CREATE VIEW order_totals AS
SELECT o.order_id, o.customer_id, o.status, o.placed_at,
    count(*) AS lines, sum(i.quantity) AS pieces,
    round(sum(i.quantity * i.unit_price * (1 - i.discount)), 2) AS total
FROM orders o JOIN order_items i USING (order_id)
GROUP BY o.order_id;
COMMENT ON VIEW order_totals IS 'One row for each order with what it came to in EUR, discounts taken off';

CREATE VIEW revenue_by_month AS
SELECT date_trunc('month', placed_at AT TIME ZONE 'UTC')::date AS month, count(*) AS orders, sum(total) AS revenue
FROM order_totals
WHERE status NOT IN ('cancelled', 'returned')
GROUP BY 1;
COMMENT ON VIEW revenue_by_month IS 'Orders that were kept, by calendar month (UTC)';

COMMIT;
ANALYZE;
