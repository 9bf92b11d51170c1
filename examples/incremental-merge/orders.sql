-- The source table of examples/incremental-merge. Run it once, run the pipeline, change some rows, run the pipeline again.
CREATE TABLE IF NOT EXISTS public.orders (
  id bigint PRIMARY KEY,
  customer text NOT NULL,
  total numeric(18, 2) NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO public.orders VALUES
  (1, 'Ada', 20.50, '2025-01-15 10:30:00+00'),
  (2, 'Grace', 99.99, '2025-01-15 11:45:00+00'),
  (3, 'Søren', 0.10, '2025-01-15 14:20:00+00')
ON CONFLICT (id) DO NOTHING;
