/// The program that Python runs around a user's function: it reads a job, confines itself, runs the function over batches of rows and
/// answers. What goes over its pipes, one JSON text a line:
///
/// - in: the job, then per batch a list of columns, each a list of values (`ColumnTexts` says how they are written);
/// - out: `r` when the function is loaded; `b ROWS` and a line per column (`=` for "as it came") for each batch; `x` for a row that is
///   set aside; `e` for what ends the step; `d` when all is done.
///
/// What a function prints goes to standard error, one log line a line.
enum PythonRunner {
  static let text = [values, confinement, step, start].joined(separator: "\n\n\n")
}

extension PythonRunner {
  /// Chooses the types of Arrow, and starts.
  static let start = #"""
    def arrow_type(pa, kind):
        name = kind[0]
        if name == "int":
            for type in (pa.int8(), pa.int16(), pa.int32(), pa.int64()):
                if kind[1] == -(1 << type.bit_width - 1): return type
            for type in (pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()):
                if kind[2] == (1 << type.bit_width) - 1: return type
            return pa.decimal256(39, 0)
        if name == "dec": return pa.decimal128(kind[1], kind[2]) if kind[1] else pa.string()
        if name == "list": return pa.list_(arrow_type(pa, kind[1]))
        if name == "struct": return pa.struct([(field, arrow_type(pa, k)) for field, k in kind[1]])
        if name == "map": return pa.map_(arrow_type(pa, kind[1]), arrow_type(pa, kind[2]))
        return {"bool": pa.bool_(), "float": pa.float64(), "blob": pa.binary(), "date": pa.date32(), "time": pa.time64("us"),
                "ts": pa.timestamp("us"), "tstz": pa.timestamp("us", "UTC")}.get(name, pa.string())


    def main():
        # Another process started at the same moment may have left its pipes here.
        os.closerange(3, 1024)
        source, out = os.fdopen(os.dup(0), "rb", 1 << 20), os.fdopen(os.dup(1), "wb", 1 << 20)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        sys.stdout.reconfigure(line_buffering=True)
        job = json.loads(source.readline())
        if job["task"] == "inspect":
            out.write(json.dumps(inspect(job)).encode() + b"\n")
            return out.flush()

        def fail(facts):
            out.write(b"e " + json.dumps(facts).encode() + b"\n")
            out.flush()

        def ring(number, frame):
            raise TimedOut()

        reserve = bytearray(4 << 20)
        try:
            os.chdir(job["folder"])
            isolation = "open" if job["network"] else "namespace" if leave_network() else "hook"
            watch(os.getppid())
            signal.signal(signal.SIGALRM, ring)
            step = Step(job, source, out)
            step.arrow = None
            if job["mode"] != "row" and importlib.util.find_spec("pyarrow"):
                import pyarrow
                step.arrow = pyarrow
            limit(job, isolation)
            guard(job)
            step.load()
            step.tell("r", {"isolation": isolation, "arrow": step.arrow is not None})
            out.flush()
            gc.collect()
            gc.freeze()
            gc.set_threshold(50000, 20, 50)
            step.run()
        except Failure as failure:
            fail(failure.facts)
        except MemoryError as error:
            reserve = None
            fail({"kind": "memory", "line": where(error, job["file"])})
        except TimedOut as error:
            fail({"kind": "timeout", "line": where(error, job["file"])})


    main()
    """#
}
