"""A PostgreSQL server of one's own: a temporary folder, a free port on 127.0.0.1, never as root, stopped by its process id."""
import glob, os, pathlib, shutil, signal, socket, subprocess, tempfile, time


class PostgresServer:
    def __init__(self, folder=None, **settings):
        """`settings` are added to PostgreSQL's defaults (fsync stays on unless turned off here)."""
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: float(path.split("/")[4]))
        if not found:
            raise SystemExit("PostgreSQL's programs were not found; script/setup installs them.")
        self.bin = pathlib.Path(found[-1]).parent
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="weir-postgres-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.process = None
        # initdb and postgres refuse to run as root.
        self.as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @property
    def url(self):
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def log(self):
        return self.folder / "log"

    def start(self):
        if self.as_user:
            shutil.chown(self.folder, "nobody", "nogroup")
        self.folder.chmod(0o711)
        data = self.folder / "data"
        if not (data / "PG_VERSION").exists():
            self._call(["initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder), **self.settings}
        arguments = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.as_user + [str(self.bin / "postgres"), "-D", str(data), *arguments],
                                            stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True)
        deadline = time.monotonic() + 30
        while subprocess.run([self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"PostgreSQL did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)
        return self

    def stop(self, remove=True):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)   # PostgreSQL's fast shutdown
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(20)
        if remove:
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, sql):
        """The answer of psql, unaligned."""
        return subprocess.run([*self.psql(), "-tAc", sql], check=True, capture_output=True, text=True).stdout.strip()

    def psql(self):
        return [str(self.bin / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres",
                "-d", "postgres"]

    def _call(self, command):
        result = subprocess.run(self.as_user + [str(self.bin / command[0]), *command[1:]], capture_output=True, text=True, cwd="/")
        if result.returncode != 0:
            raise SystemExit(f"{command[0]} failed:\n{result.stderr or result.stdout}")
