"""DuckDB by hand: the fewest calls of its C API that run SQL from Python, on the same library that Weir uses."""
import ctypes, os, pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIBRARY = os.environ.get("WEIR_DUCKDB_LIBRARY", str(ROOT / ".deps/duckdb/libduckdb.so"))
EXTENSIONS = ROOT / ".deps/duckdb/extensions"


class _Result(ctypes.Structure):
    _fields_ = [("columns", ctypes.c_uint64), ("rows", ctypes.c_uint64), ("changed", ctypes.c_uint64),
                ("data", ctypes.c_void_p), ("error", ctypes.c_char_p), ("internal", ctypes.c_void_p)]


class DuckDB:
    def __init__(self, path=":memory:"):
        self.c = ctypes.CDLL(LIBRARY)
        for name, kind in [("duckdb_result_error", ctypes.c_char_p), ("duckdb_value_varchar", ctypes.c_void_p),
                           ("duckdb_column_count", ctypes.c_uint64), ("duckdb_row_count", ctypes.c_uint64),
                           ("duckdb_column_name", ctypes.c_char_p)]:
            getattr(self.c, name).restype = kind
        self.c.duckdb_value_varchar.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint64]
        self.c.duckdb_column_name.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
        self.c.duckdb_free.argtypes = [ctypes.c_void_p]
        self.database, self.connection = ctypes.c_void_p(), ctypes.c_void_p()
        if self.c.duckdb_open(str(path).encode(), ctypes.byref(self.database)) != 0:
            raise RuntimeError(f"could not open {path}")
        self.c.duckdb_connect(self.database, ctypes.byref(self.connection))
        self.run("SET autoinstall_known_extensions=false; SET autoload_known_extensions=false; SET TimeZone='UTC'")

    def run(self, sql):
        """Runs the statements; the rows of the last one, every value as text or None."""
        result = _Result()
        pointer = ctypes.byref(result)
        try:
            if self.c.duckdb_query(self.connection, sql.encode(), pointer) != 0:
                raise RuntimeError(self.c.duckdb_result_error(pointer).decode())
            columns, rows = self.c.duckdb_column_count(pointer), self.c.duckdb_row_count(pointer)
            self.columns = [self.c.duckdb_column_name(pointer, c).decode() for c in range(columns)]
            return [tuple(self._text(pointer, c, r) for c in range(columns)) for r in range(rows)]
        finally:
            self.c.duckdb_destroy_result(pointer)

    def _text(self, pointer, column, row):
        address = self.c.duckdb_value_varchar(pointer, column, row)
        if not address:
            return None
        text = ctypes.string_at(address).decode()
        self.c.duckdb_free(address)
        return text

    def load(self, extension):
        self.run(f"LOAD '{EXTENSIONS / extension}.duckdb_extension'")

    def close(self):
        self.c.duckdb_disconnect(ctypes.byref(self.connection))
        self.c.duckdb_close(ctypes.byref(self.database))
