"""One piece of work with DuckDB alone, as a process of its own: python3 bench/by_hand.py 'SQL' [extension …]"""
import sys
from duckdb import DuckDB

database = DuckDB()
database.run("SET preserve_insertion_order=false")
for extension in sys.argv[2:]:
    database.load(extension)
for row in database.run(sys.argv[1]):
    print("\t".join("" if value is None else value for value in row))
database.close()
