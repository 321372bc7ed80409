// The join of test/bench/join.go in DuckDB: claim lines with redemptions of the
// same trader, card and sum, by trader. It prints what it found, and how long it
// took from before the files are opened until the totals are here.
import { DuckDBInstance } from '@duckdb/node-api'

const [redemptions, lines, threads] = process.argv.slice(2)
const quoted = (path) => `'${path.replaceAll("'", "''")}'`
const csv = (path) => `read_csv(${quoted(path)}, delim=';', header=true, auto_detect=false,
  columns={'vendor': 'VARCHAR', 'serial': 'VARCHAR', 'day': 'VARCHAR', 'amount': 'BIGINT'})`

const db = await DuckDBInstance.create(':memory:', { threads })
const connection = await db.connect()
const began = performance.now()
const result = await connection.runAndReadAll(`
  SELECT l.vendor, count(*)::INTEGER, sum(l.amount)::BIGINT
  FROM ${csv(lines)} l JOIN ${csv(redemptions)} r
    ON l.serial = r.serial AND l.vendor = r.vendor AND l.amount = r.amount
  GROUP BY 1`)
const rows = result.getRows()
const took = performance.now() - began
console.log(JSON.stringify({
  Millis: took,
  Vendors: rows.length,
  Exact: rows.reduce((n, r) => n + r[1], 0),
  Francs: Number(rows.reduce((n, r) => n + r[2], 0n)),
}))
