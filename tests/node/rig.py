# SPDX-License-Identifier: Apache-2.0
"""What every root test stands on: a temporary place, the programs, a root file system, and the promise that whatever
a test makes is gone when it ends, also after a failure. It removes only what it made itself."""
import atexit
import contextlib
import functools
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
OUT = pathlib.Path(os.environ.get("HN_OUT", REPO / ".output")).resolve()
HOSTNETD = pathlib.Path(os.environ.get("HN_BINARY", OUT / "hostnetd")).resolve()
PROGRAMS = sorted(path.stem for path in (HERE / "programs").glob("*.c"))
APPLETS = ("sh", "sleep", "true", "false", "cat", "echo", "ls", "readlink", "nsenter", "ip", "mkdir", "kill", "id", "chroot")
WARNINGS = ("-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wvla", "-Werror")


def need_root():
    """Everything here makes namespaces and cgroups."""
    if os.geteuid() != 0:
        raise unittest.SkipTest("root is missing: containers and BPF need it")


def need_program():
    """A test run without the program is a failure, not a skip: it would pass for having tested nothing."""
    if not HOSTNETD.exists():
        raise AssertionError(f"{HOSTNETD.name} is not built: run make first")


def tool(name):
    """Absolute path of a command that the package list names; its absence is a failure, too."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin")
    if not path:
        raise AssertionError(f"{name} is missing: run make deps")
    return path


def quiet_rmtree(path):
    shutil.rmtree(path, ignore_errors=True)


def once(function):
    """Calls it once, also when several threads ask for the first time."""
    lock, cached = threading.Lock(), functools.lru_cache(maxsize=None)(function)

    @functools.wraps(function)
    def call(*args):
        with lock:
            return cached(*args)
    return call


@once
def base_dir():
    """One directory a test process, below which everything lives."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="hostnetd-node-"))
    owner = os.getpid()
    # A forked child that exits must not take its parent's directory away.
    atexit.register(lambda: os.getpid() == owner and quiet_rmtree(path))
    path.chmod(0o755)
    return path


@once
def program(name):
    """A static test program, compiled when its source is newer."""
    binary = OUT / "tests" / "node" / name
    source = HERE / "programs" / f"{name}.c"
    sources = [source, *source.parent.glob("*.h")]
    if binary.exists() and all(binary.stat().st_mtime > path.stat().st_mtime for path in sources):
        return binary
    binary.parent.mkdir(parents=True, exist_ok=True)
    half = binary.with_suffix(f".{os.getpid()}")
    subprocess.run([os.environ.get("CC", "gcc"), "-static", "-O2", "-std=gnu17", "-D_GNU_SOURCE", *WARNINGS, "-pthread",
                    "-o", half, source], check=True)
    os.replace(half, binary)
    return binary


@once
def serves_32_bit_calls():
    """Whether `int $0x80` works here: a kernel under some hypervisors ends the caller with SIGSEGV instead."""
    return subprocess.run([program("evade"), "compat"], stdin=subprocess.DEVNULL, check=False).returncode == 0


@once
def rootfs():
    """The image of all test containers: busybox, the programs, and one of them under the names of servers."""
    root = base_dir() / "rootfs"
    for name in ("bin", "usr/bin", "proc", "sys", "dev", "tmp", "run", "etc"):
        (root / name).mkdir(parents=True)
    busybox = root / "bin" / "busybox"
    shutil.copy(tool("busybox"), busybox)
    for applet in APPLETS:
        (root / "bin" / applet).symlink_to("busybox")
    for name in PROGRAMS:
        shutil.copy(program(name), root / "bin" / name)
    for name in ("vllm", "ollama", "nginx"):
        shutil.copy(program("listen"), root / "usr" / "bin" / name)
    for name in ("runc", "conmon"):  # a name proves nothing
        shutil.copy(program("joiner"), root / "usr" / "bin" / name)
    (root / "run" / "hostnet").touch()
    for name in ("cg", "host", "meet"):
        (root / name).mkdir()
    return root


def wait_until(what, condition, timeout=10.0, step=0.02):
    """The value of `condition()` as soon as it is true; an AssertionError that says `what` did not come."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {timeout:g} s")
        time.sleep(step)


def netns_of(pid, tid=None):
    """Inode of a process's (or a thread's) network namespace; None if it is gone."""
    try:
        return os.stat(f"/proc/{pid}/task/{tid or pid}/ns/net").st_ino
    except OSError:
        return None


def own_netns():
    return os.stat("/proc/self/ns/net").st_ino


class Rig:
    """A scope: what is made in it ends with it, last made first. `close` may be called more than once."""

    def __init__(self):
        need_root()
        self.stack = contextlib.ExitStack()
        self.dir = pathlib.Path(tempfile.mkdtemp(dir=base_dir()))
        self.dir.chmod(0o755)
        self.stack.callback(quiet_rmtree, self.dir)
        self.owner = os.getpid()
        atexit.register(self.close)

    def close(self):
        if os.getpid() == self.owner:
            atexit.unregister(self.close)
            self.stack.close()

    def callback(self, function, *args):
        self.stack.callback(function, *args)

    def path(self, name):
        return self.dir / name

    def spawn(self, args, **more):
        """A process that does not outlive the scope. It gets a session of its own, so that Ctrl-C is ours alone."""
        process = subprocess.Popen([str(a) for a in args], start_new_session=True, **more)
        self.callback(end_process, process)
        return process

    def netns(self, name="netns"):
        """A network namespace with a loopback that is up, held by a file."""
        path = self.dir / f"{name}-{len(list(self.dir.glob(name + '-*')))}"
        path.touch()
        subprocess.run([tool("unshare"), f"--net={path}", tool("busybox"), "ip", "link", "set", "lo", "up"], check=True)
        self.callback(subprocess.run, [tool("umount"), "-l", str(path)])
        return path

    def host_netns_file(self):
        """The host's network namespace as a file that can be mounted into a container."""
        path = self.dir / "host-netns"
        if not path.exists():
            path.touch()
            subprocess.run([tool("mount"), "--bind", "/proc/self/ns/net", path], check=True)
            self.callback(subprocess.run, [tool("umount"), "-l", str(path)])
        return path


def end_process(process):
    """SIGTERM, then SIGKILL; closes its pipes. Only for processes that we started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with contextlib.suppress(OSError, ValueError):
                pipe.close()


def exit_on_signals():
    """Lets SIGTERM and SIGHUP run the cleanups, as Ctrl-C does by itself. unittest would take SystemExit for a test's error."""
    def interrupt(_number, _frame):
        raise KeyboardInterrupt
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


class NodeTest(unittest.TestCase):
    """A test with a scope for its class (`cls.shared`) and one for each test (`self.rig`)."""
    needs_program = True

    @classmethod
    def setUpClass(cls):
        need_root()
        if cls.needs_program:
            need_program()
        cls.shared = Rig()
        cls.addClassCleanup(cls.shared.close)

    def setUp(self):
        self.rig = Rig()
        self.addCleanup(self.rig.close)

    def store_file(self):
        """Where an agent may keep a history: it takes no folder that others may write to."""
        folder = self.rig.path("history")
        folder.mkdir(mode=0o700)
        return folder / "h.db"
