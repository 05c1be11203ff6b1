import {
  constants as access,
  accessSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";

/** Long enough that a server has done what it does at first; V8 drops the code of what was called only then later on. */
const settledMs = 5000;

/**
 * Runs the built program, which is one script: a function of `require`, `module` and its own URL. The code that V8 compiled in the first run
 * of a command is kept, functions that were compiled late among it, which Node's own cache of modules does not hold; where nothing may be
 * written, each start compiles anew. V8 itself refuses what another V8, or one with other flags, has kept.
 */
export function runBuilt(file, cacheFolder, args) {
  // The builder writes ASCII alone: one byte a character, which V8 reads fastest.
  const source = readFileSync(file, "latin1");
  const cache = join(cacheFolder, buildOf(source), `${commandOf(args)}.bin`);
  const cachedData = read(cache);
  const script = new Script(source, {
    filename: file,
    cachedData,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (cachedData === undefined || script.cachedDataRejected)
    keepOnce(() => write(cache, () => script.createCachedData()));
  const module = { exports: {} };
  script.runInThisContext()(createRequire(file), module, pathToFileURL(file).href);
}

/** What tells this build from others: the hash in its last line. */
function buildOf(source) {
  return /\/\/ build ([0-9a-f]{16})\s*$/.exec(source.slice(-40))?.[1] ?? "unknown";
}

/** Commands use other parts of the program, and those of a group are commands of their own. */
function commandOf(args) {
  const words = args.slice(0, ["opa", "gator", "mesh"].includes(args[0]) ? 2 : 1);
  return words.every((word) => /^[a-z][a-z-]{0,30}$/.test(word)) && words.length > 0 ? words.join("-") : "other";
}

function read(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function keepOnce(keep) {
  const once = () => {
    clearTimeout(timer);
    process.off("exit", once);
    keep();
  };
  const timer = setTimeout(once, settledMs).unref();
  process.once("exit", once);
}

/**
 * Beside and renamed, so that no half of a file is read; other builds' are taken away. `bytesOf` keeps a server from answering for a tenth of
 * a second: it is called only where its bytes can be kept.
 */
function write(file, bytesOf) {
  const folder = dirname(file);
  const partial = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, access.W_OK);
    writeFileSync(partial, bytesOf());
    renameSync(partial, file);
    removeOthers(folder);
  } catch {
    remove(partial);
  }
}

function remove(path) {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Nothing may be written here, so there is nothing.
  }
}

function removeOthers(folder) {
  for (const name of readdirSync(dirname(folder)))
    if (/^[0-9a-f]{16}$/.test(name) && name !== basename(folder)) remove(join(dirname(folder), name));
}
