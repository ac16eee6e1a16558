"""The project's tasks: set up an environment and run something in it.

Needs nothing but Python 3.11 or later. Environments live in .venv (the Python that runs this file)
and .venvs (the others); they are made on first use and again when what they depend on has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent
EXAMPLE = ROOT / "examples" / "how_to_break_django"
REQUIREMENTS = ROOT / "requirements"
OLDEST = (3, 11)
# The interpreter itself, even if this runs in the environment that it is about to replace.
PYTHON = str(Path(sys.executable).resolve())

# What another Django, or another Python, may give another result.
DJANGO_DECIDES = ("tests/catalogue", "tests/differential", "tests/test_example.py", "tests/index")

# What looks names up in installed packages, or runs frameworks.
NEED_PACKAGES = (
    "tests/catalogue/test_blocking.py",
    "tests/check/test_editor.py",
    "tests/frameworks",
)

# A file's tests stay together: they share what they have set up. The files keep their order, in which
# the last ones are short; by number of tests, those with a few long tests would come last.
ALL_PROCESSORS = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")

# One environment for each file in requirements/. A newer Python takes the last one.
ENVIRONMENTS = {
    (3, 11): "py311-django52",
    (3, 12): "py312-django60",
    (3, 13): "py313-django61",
}


def main() -> int:
    """Run one task; the exit status is 0 if it passed."""
    if sys.version_info < OLDEST:
        return failed(
            f"Python {dotted(OLDEST)} or later is needed, this is {sys.version.split()[0]}"
        )
    parser = argparse.ArgumentParser(description="The project's tasks.")
    tasks = parser.add_subparsers(required=True, metavar="TASK")
    for task in (
        example,
        quick,
        test,
        packages,
        primer,
        check,
        docs,
        site,
        wheel,
        matrix,
        benchmark,
        lock,
    ):
        summary = (task.__doc__ or "").splitlines()[0]
        tasks.add_parser(task.__name__, help=summary).set_defaults(task=task)
    options, arguments = parser.parse_known_args()
    if arguments and options.task not in (example, quick, test, packages, primer, benchmark):
        parser.error(f"{options.task.__name__} takes no {arguments[0]}")
    try:
        options.task(*arguments)
    except subprocess.CalledProcessError as error:
        return failed(f"status {error.returncode} from: {' '.join(map(str, error.cmd))}")
    except TaskError as error:
        return failed(str(error))
    return 0


# Tasks


def example(*arguments: str) -> None:
    """Show what mypy says of the example; with --update, write that down as expected."""
    if arguments == ("--update",):
        os.environ["UPDATE_EXAMPLE"] = "1"
        run(tool("pytest"), "-q", "tests/test_example.py", "-k", "mypy_says")
        return
    if arguments:
        raise TaskError(f"example takes --update, not {' '.join(arguments)}")
    mypy = tool("mypy")
    print(f"$ cd {EXAMPLE.relative_to(ROOT)} && mypy .", flush=True)
    status = subprocess.run([mypy, "."], cwd=EXAMPLE, check=False).returncode
    if status != 1:
        raise TaskError(f"mypy ended with status {status}, but the example is full of errors")
    print("\nmypy ended with status 1, as it does when it finds errors: these are the point.")
    print(f"Each module of {EXAMPLE.relative_to(ROOT)}/hazards says at its top what breaks there.")


def test(*arguments: str) -> None:
    """Run the tests, on all processors; further arguments go to pytest."""
    run(tool("pytest"), *ALL_PROCESSORS, *arguments)


def quick(*words: str) -> None:
    """Check the plain YAML cases with one run of mypy, or those with a word in file or name."""
    run(tool("python"), "tests/cases.py", *words)


def check() -> None:
    """Look at the code without running it: formatting, ruff, mypy, import-linter."""
    run(tool("ruff"), "format", "--check", ".")
    run(tool("ruff"), "check", ".")
    run(tool("mypy"))
    run(tool("lint-imports"), "--no-logo")


def docs() -> None:
    """Write what is generated: the rules' pages, the catalogue's, the README's table of codes."""
    run(tool("python"), "docs/generate.py")


def site() -> None:
    """Build the documentation as a site in build/site; a link that leads nowhere fails."""
    python = make_environment(ROOT / ".venvs" / "docs", PYTHON, "docs", editable=False)
    run(python, "-m", "mkdocs", "build", "--strict", "--quiet")
    print("built build/site/index.html")


def wheel() -> None:
    """Build the wheel, install it elsewhere, and check a copy of the example with it."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    pip(tool("python"), "wheel", "--no-deps", "--no-build-isolation", "-w", "dist", ".")
    [built] = (ROOT / "dist").glob("*.whl")
    python = make_environment(ROOT / ".venvs" / "wheel", PYTHON, editable=False)
    pip(python, "install", "--no-deps", "--force-reinstall", built)
    with tempfile.TemporaryDirectory() as elsewhere:
        copy = Path(elsewhere, EXAMPLE.name)
        shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns(".mypy_cache"))
        mypy = [str(python), "-m", "mypy", "--no-color-output", "--no-error-summary", "."]
        said = subprocess.run(mypy, cwd=copy, capture_output=True, text=True, check=False)
    expected = (EXAMPLE / "expected_output.txt").read_text()
    if sorted(said.stdout.splitlines()) != sorted(expected.splitlines()):
        raise TaskError(f"with {built.name}, mypy says otherwise:\n{said.stdout}{said.stderr}")
    print(f"with {built.name}, mypy says of the example what it should")


def matrix() -> None:
    """Run the tests on the other Pythons and Djangos found here: those that Django decides."""
    for version, name in ENVIRONMENTS.items():
        if name == environment_name():
            continue
        interpreter = find_python(version)
        if interpreter is None:
            print(f"skipped: no Python {dotted(version)} found ({name})", flush=True)
            continue
        python = make_environment(ROOT / ".venvs" / name, interpreter, name)
        print(f"{name}: {interpreter}", flush=True)
        run(python, "-m", "pytest", "-q", *ALL_PROCESSORS, *DJANGO_DECIDES)


def packages(*arguments: str) -> None:
    """Run the tests that need the packages which the catalogue speaks of; they skip elsewhere."""
    python = make_environment(ROOT / ".venvs" / "packages", PYTHON, "packages")
    run(python, "-m", "pytest", "-q", *NEED_PACKAGES, *arguments)


def primer(*arguments: str) -> None:
    """Check released projects with the plugin, and compare with the findings on file (minutes)."""
    python = make_environment(ROOT / ".venvs" / "primer", PYTHON, "packages")
    run(python, "primer/run.py", *arguments)


def benchmark(*arguments: str) -> None:
    """Measure mypy with the plugin and without; see benchmarks/run.py for the arguments."""
    run(tool("python"), "benchmarks/run.py", *arguments)


def lock() -> None:
    """Pin the newest releases of what pyproject.toml asks for, in requirements/."""
    for version, name in ENVIRONMENTS.items():
        interpreter = find_python(version)
        if interpreter is None:
            raise TaskError(f"no Python {dotted(version)} found")
        django = f"Django=={name[-2]}.{name[-1]}.*"
        heading = f"# Python {dotted(version)}, {django}. Made by: python3 dev.py lock\n"
        pins = pinned(interpreter, django, "--group", "dev")
        (REQUIREMENTS / f"{name}.txt").write_text(heading + pins)
    heading = "# What the catalogue speaks of. Made by: python3 dev.py lock\n"
    same = ("-c", str(REQUIREMENTS / f"{environment_name()}.txt"))
    pins = pinned(PYTHON, *same, "--group", "dev", "--group", "packages")
    (REQUIREMENTS / "packages.txt").write_text(heading + pins)
    heading = "# What builds the documentation. Made by: python3 dev.py lock\n"
    (REQUIREMENTS / "docs.txt").write_text(heading + pinned(PYTHON, "--group", "docs"))


# Environments


def pinned(interpreter: str, *packages: str) -> str:
    """The newest releases of packages and of what they need, a line each."""
    with tempfile.TemporaryDirectory() as directory:
        run(interpreter, "-m", "venv", directory)
        python = python_of(Path(directory))
        pip(python, "install", "--upgrade", "pip")
        pip(python, "install", *packages)
        return subprocess.check_output([python, "-m", "pip", "freeze"], text=True)


def tool(name: str) -> Path:
    """A command of the environment in .venv, which is made if need be."""
    return make_environment(ROOT / ".venv", PYTHON).with_name(name)


def make_environment(
    directory: Path, interpreter: str, name: str | None = None, *, editable: bool = True
) -> Path:
    """The Python of an environment with everything pinned, made anew if anything changed."""
    requirements = REQUIREMENTS / f"{name or environment_name()}.txt"
    inputs = [interpreter.encode(), requirements.read_bytes()]
    if editable:
        inputs.append(installed_from(ROOT / "pyproject.toml"))
    made_from = hashlib.sha256(b"\0".join(inputs)).hexdigest()
    stamp = directory / "made-from"
    python = python_of(directory)
    if stamp.is_file() and stamp.read_text() == made_from:
        return python
    if directory.exists() and not stamp.exists():
        raise TaskError(f"{directory} was made by something else; remove or rename it")
    print(f"Making {directory.relative_to(ROOT)} from {requirements.relative_to(ROOT)}", flush=True)
    shutil.rmtree(directory, ignore_errors=True)
    if subprocess.run([interpreter, "-m", "venv", directory], check=False).returncode:
        raise TaskError(
            f"{interpreter} cannot make a virtual environment"
            " (on Debian and Ubuntu: apt install python3-venv)"
        )
    stamp.write_text("unfinished")
    pip(python, "install", "-r", requirements)
    if editable:
        pip(python, "install", "--no-deps", "--no-build-isolation", "--editable", ".")
    stamp.write_text(made_from)
    return python


def installed_from(pyproject: Path) -> bytes:
    """What of pyproject.toml decides how the checkout is installed: not the tools' settings."""
    tables = tomllib.loads(pyproject.read_text())
    hatch = tables.pop("tool")["hatch"]
    return repr((tables, hatch)).encode()


def python_of(directory: Path) -> Path:
    """Where a virtual environment keeps its Python."""
    return directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment_name() -> str:
    """The environment for the Python that runs this file."""
    return ENVIRONMENTS[min(sys.version_info[:2], max(ENVIRONMENTS))]


def find_python(version: tuple[int, ...]) -> str | None:
    """A Python of this version: on PATH, or one that pyenv built."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    built = sorted(pyenv.glob(f"versions/{dotted(version)}.*/bin/python"), reverse=True)
    for candidate in [shutil.which(f"python{dotted(version)}"), *map(str, built)]:
        # pyenv leaves commands on PATH that only say that this version is not the chosen one.
        if candidate and version_of(candidate) == dotted(version):
            return candidate
    return None


def version_of(python: str) -> str:
    """What an interpreter says of its version; nothing if it does not run."""
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


# Running things


class TaskError(Exception):
    """What went wrong, in one sentence for the person at the prompt."""


def run(*command: str | Path) -> None:
    """Run a command in the checkout, show what it prints, stop if it fails."""
    subprocess.run(command, cwd=ROOT, check=True)


def pip(python: Path, *arguments: str | Path) -> None:
    """Run pip, which prints what it downloads and installs."""
    run(python, "-m", "pip", "--disable-pip-version-check", *arguments)


def dotted(version: tuple[int, ...]) -> str:
    """A version as people write it."""
    return ".".join(map(str, version))


def failed(why: str) -> int:
    """Say why, and return the exit status for it."""
    print(f"dev.py: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
