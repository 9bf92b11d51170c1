extension PythonRunner {
  /// What is looked at before, and what the process may not do.
  static let confinement = #"""
    class TimedOut(BaseException):
        pass


    class Failure(Exception):
        """Ends the step; `facts` is what weir is told."""
        def __init__(self, kind, **facts):
            self.facts = {"kind": kind, **facts}


    def inspect(job):
        """What the code says of itself, without running it."""
        try:
            tree = ast.parse(job["code"], job["file"])
            compile(tree, job["file"], "exec")
        except SyntaxError as error:
            return {"kind": "syntax", "line": error.lineno or 1, "column": error.offset or 1, "message": error.msg}
        except (ValueError, RecursionError, MemoryError) as error:
            return {"kind": "syntax", "line": 1, "column": 1, "message": str(error)}
        found = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
        name = next((name for name in job["names"] if name in found), None)
        if name is None:
            return {"kind": "no-function", "found": sorted(found)}
        function = found[name]
        arguments = function.args.posonlyargs + function.args.args
        needed = len(arguments) - len(function.args.defaults)
        if not arguments or needed > 1 or any(d is None for d in function.args.kw_defaults):
            return {"kind": "signature", "line": function.lineno, "function": name}
        if isinstance(function, ast.AsyncFunctionDef):
            return {"kind": "async", "line": function.lineno, "function": name}
        if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function)):
            return {"kind": "generator", "line": function.lineno, "function": name}
        if not any(isinstance(node, ast.Return) and node.value is not None or isinstance(node, ast.Raise) for node in ast.walk(function)):
            return {"kind": "no-return", "line": function.lineno, "function": name}
        first = arguments[0].arg
        answer = {"function": name, "mode": first if first in ("table", "batch") else "row", "line": function.lineno,
                  "doc": ast.get_docstring(function) or ast.get_docstring(tree) or ""}
        for node in tree.body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "returns" for t in node.targets):
                try:
                    answer["returns"] = [[str(k), v] for k, v in ast.literal_eval(node.value).items()]
                except (ValueError, AttributeError):
                    return {"kind": "returns", "line": node.lineno}
        return answer


    def leave_network():
        """A user and network namespace of its own, where the system allows it."""
        user, network = 0x10000000, 0x40000000
        uid, gid = os.getuid(), os.getgid()
        try:
            import ctypes
            unshare = ctypes.CDLL(None, use_errno=True).unshare
        except (ImportError, OSError, AttributeError):
            return False
        if unshare(user | network) == 0:
            for path, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
                try:
                    with open("/proc/self/" + path, "w") as file:
                        file.write(text)
                except OSError:
                    break
            return True
        return unshare(network) == 0


    REFUSED = ("os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.exec", "os.system", "os.startfile", "os.kill", "os.killpg",
               "subprocess.Popen", "pty.spawn", "signal.pthread_kill")
    CHANGING = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown",
                "os.utime", "os.chdir", "os.setxattr", "os.removexattr")
    WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


    def guard(job):
        """Refuses what a function has no business with. Code that leaves Python (ctypes, C extensions) isn't seen here."""
        folder = os.path.realpath(".")
        hidden = [os.path.realpath(path) for path in job["hidden"]]
        offline = not job["network"]

        def place(path):
            return os.path.realpath(os.fsdecode(path))

        def inside(path):
            return path == "/dev/null" or path == folder or path.startswith(folder + "/")

        def hook(event, args):
            if event == "open":
                path, _, flags = args
                if isinstance(path, int): return
                path = place(path)
                if (flags or 0) & WRITING and not inside(path):
                    raise PermissionError(f"A function may only write in its temporary folder, not {path}.")
                if any(path == h or path.startswith(h + "/") for h in hidden):
                    raise PermissionError(f"A function may not read {path}.")
            elif event in REFUSED:
                raise PermissionError(f"A function may not do this: {event}.")
            elif offline and event.startswith("socket."):
                raise PermissionError("A function has no network unless the step says network: true.")
            elif event in CHANGING:
                for path in args:
                    if isinstance(path, (str, bytes, os.PathLike)) and not inside(place(path)):
                        raise PermissionError(f"A function may only change files in its temporary folder, not {place(path)}.")
        sys.addaudithook(hook)


    def watch(parent):
        """Leaves when weir is gone, whatever the function is doing."""
        def look():
            while os.getppid() == parent:
                clock.sleep(0.5)
            os._exit(3)
        threading.Thread(target=look, daemon=True).start()


    def limit(job, isolation):
        def bound(which, value):
            try:
                hard = resource.getrlimit(which)[1]
                value = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.setrlimit(which, (value, value))
            except (ValueError, OSError):
                pass
        bound(resource.RLIMIT_CORE, 0)
        bound(resource.RLIMIT_NOFILE, 256)
        bound(resource.RLIMIT_FSIZE, 256 << 20)
        if isolation == "namespace": bound(resource.RLIMIT_NPROC, 256)
        bound(resource.RLIMIT_AS, job["memory"])


    def where(error, file):
        """The last line of the user's own code that an exception went through."""
        line, trace = None, error.__traceback__
        while trace:
            if trace.tb_frame.f_code.co_filename == file: line = trace.tb_lineno
            trace = trace.tb_next
        if line is None and isinstance(error, SyntaxError) and error.filename == file: line = error.lineno
        return line


    def words(error):
        try:
            text = str(error)
        except Exception:
            text = "?"
        name = type(error).__name__
        return (f"{name}: {text}" if text else name)[:2000]


    def guess(value):
        """The declaration that would fit a value."""
        if isinstance(value, bool): return "boolean"
        if isinstance(value, int): return "integer"
        if isinstance(value, float): return "double"
        if isinstance(value, Decimal): return f"decimal(18,{max(0, -value.as_tuple().exponent) if value.is_finite() else 2})"
        if isinstance(value, datetime): return "timestamptz" if value.tzinfo else "timestamp"
        if isinstance(value, date): return "date"
        if isinstance(value, time): return "time"
        if isinstance(value, (bytes, bytearray)): return "blob"
        if isinstance(value, (list, tuple)): return guess(next((v for v in value if v is not None), "")) + "[]"
        return "json" if isinstance(value, dict) else "text"
    """#
}
