import type { LayerFile } from "./layer.ts";

/** One `import` that a module makes when it is loaded. */
export interface PythonImport {
  /** The module's path in the image. */
  file: string;
  /** From 1. */
  line: number;
  /** `wavehouse.spec`, `pyspark`. */
  module: string;
  /** What is taken from it; empty for a plain `import`. */
  names: readonly string[];
}

/** Modules of Python 3.11 itself (`sys.stdlib_module_names`). */
const STANDARD = new Set(
  `
  abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect
  builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall
  concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm
  decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp
  fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip
  hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword
  lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt
  multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib
  pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd
  py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy
  sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd
  sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau
  symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit
  tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata
  unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp
  zipfile zipimport zlib zoneinfo __future__
`.split(/\s+/),
);

/** Packages whose modules have another name than they are installed by. */
const INSTALLED_AS: Readonly<Record<string, string>> = {
  airflow: "apache-airflow-core",
  attr: "attrs",
  dateutil: "python-dateutil",
  delta: "delta-spark",
  google: "googleapis-common-protos",
  jwt: "pyjwt",
  py4j: "py4j",
  ruamel: "ruamel-yaml",
  yaml: "pyyaml",
};

/**
 * Reads what a module imports when it is loaded: what stands at the beginning of a line. An import inside of a function
 * or of `if TYPE_CHECKING` may never happen.
 *
 * @param path of the module in the image, `opt/wavehouse/runtime/wavehouse/jobs/silver.py`
 * @param text its source
 * @param root the folder that is on Python's path
 */
export function readPythonImports(path: string, text: string, root: string): PythonImport[] {
  const blank = (match: string): string => match.replace(/[^\n]/g, " ");
  const code = text.replace(/("""|''')[\s\S]*?\1/g, blank).replace(/#[^\n]*/g, blank);
  const found: PythonImport[] = [];
  const pattern = /^(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]+)|import[ \t]+([^\n]+))/gm;
  for (const { 1: from, 2: taken = "", 3: plain = "", index } of code.matchAll(pattern)) {
    const line = code.slice(0, index).split("\n").length;
    const names = (list: string): string[] =>
      list
        .replace(/[()\\]/g, " ")
        .split(",")
        .map((name) => name.trim().replace(/\s+as\s.*$/, ""))
        .filter((name) => name !== "");
    if (from === undefined) {
      for (const module of names(plain)) found.push({ file: path, line, module, names: [] });
    } else {
      found.push({ file: path, line, module: absolute(from, path, root), names: names(taken) });
    }
  }
  return found;
}

/** `.spec` in `wavehouse/jobs/silver.py` is `wavehouse.jobs.spec`. */
function absolute(module: string, path: string, root: string): string {
  const dots = /^\.*/.exec(module)?.[0].length ?? 0;
  if (dots === 0) return module;
  const folders = path.slice(root.length + 1).split("/");
  const above = folders.slice(0, Math.max(folders.length - dots, 0));
  return [...above, module.slice(dots)].filter((part) => part !== "").join(".");
}

/**
 * Says why an import would fail in an image.
 *
 * @param wanted the import
 * @param files what the image holds
 * @param root the folder that is on Python's path
 * @param packages what its base has installed, by distribution; `undefined` where nothing is known of it
 * @returns the reason, or `undefined`
 */
export function whyNotImportable(
  { module, names }: PythonImport,
  files: ReadonlyMap<string, LayerFile>,
  root: string,
  packages: ReadonlySet<string> | undefined,
): string | undefined {
  const [top = ""] = module.split(".");
  if (!isFolder(`${root}/${top}`, files) && !files.has(`${root}/${top}.py`)) {
    if (STANDARD.has(top) || packages === undefined) return undefined;
    const distribution = INSTALLED_AS[top] ?? top.toLowerCase().replaceAll("_", "-");
    if (packages.has(distribution)) return undefined;
    return `${module} is neither in the image nor among the packages of its base`;
  }
  const path = `${root}/${module.replaceAll(".", "/")}`;
  if (files.has(`${path}.py`)) return undefined;
  if (!isFolder(path, files)) return `${module} is not in the image`;
  const own = files.get(`${path}/__init__.py`);
  const text = own === undefined ? "" : new TextDecoder().decode(own.bytes);
  const missing = names.find(
    (name) =>
      name !== "*" &&
      !files.has(`${path}/${name}.py`) &&
      !isFolder(`${path}/${name}`, files) &&
      !new RegExp(`\\b${name}\\b`).test(text),
  );
  return missing === undefined ? undefined : `${module}.${missing} is not in the image`;
}

const foldersOf = new WeakMap<ReadonlyMap<string, LayerFile>, ReadonlySet<string>>();

function isFolder(path: string, files: ReadonlyMap<string, LayerFile>): boolean {
  let folders = foldersOf.get(files);
  if (folders === undefined) {
    folders = allFolders(files.keys());
    foldersOf.set(files, folders);
  }
  return folders.has(path);
}

function allFolders(paths: Iterable<string>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      folders.add(path.slice(0, end));
    }
  }
  return folders;
}
