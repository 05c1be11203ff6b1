import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isOnPath } from "../on-path.ts";
import { packageFolder } from "../place.ts";
import { paint, wrap } from "../terminal.ts";
import type { Chapter, Command, Expectation, Scene } from "./chapter.ts";
import { askAsCurl } from "./curl.ts";

/** How long one kubectl may take: all is on loopback, so far longer than any honest answer. */
const commandTimeoutMs = 60_000;

/** How long what comes later is waited for, and how often it is looked at meanwhile. */
const patienceMs = 30_000;
const lookMs = 100;

/** What a command printed, stdout and stderr together; no code when it did not end. */
export interface Answer {
  readonly code: number | null;
  readonly output: string;
}

export interface Stage {
  readonly kubectl: string;
  /** Runs `sallyport opa` in a folder; a process of its own where it is not given. */
  readonly opa?: (words: readonly string[], folder: string) => Promise<Answer>;
  readonly kubeconfig: string;
  /** Folder of the chapter's files; commands run there. */
  readonly folder: string;
  readonly print: (text: string) => void;
  /** Ends the play: what runs is ended, and nothing more begins. */
  readonly signal?: AbortSignal;
}

export interface PlayResult {
  readonly commands: number;
  /** One line per command whose answer was not the expected one. */
  readonly surprises: readonly string[];
}

/** Plays a chapter: shows each command, runs it with the real kubectl, explains the answer, checks it. */
export async function playChapter(chapter: Chapter, stage: Stage): Promise<PlayResult> {
  stage.print(`\n${paint("bold", `Chapter: ${chapter.title}`)}\n`);
  const staying: ChildProcess[] = [];
  const scratch = mkdtempSync(join(tmpdir(), "sallyport-tour-"));
  for (const kubectl of chapter.cleanUp) await run({ kubectl }, stage, staying);
  const surprises: string[] = [];
  let commands = 0;
  const isOver = () => stage.signal?.aborted === true;
  try {
    for (const [index, scene] of chapter.scenes.entries()) {
      if (isOver()) break;
      showScene(scene, index + 1, chapter.scenes.length, stage);
      for (const command of scene.commands) {
        if (isOver()) break;
        commands++;
        surprises.push(...(await playCommand(placed(command, scratch), stage, staying)));
      }
      stage.print(`${wrap(scene.after, 96, "  ")}\n`);
    }
  } finally {
    await Promise.all(staying.map(ended));
    rmSync(scratch, { recursive: true, force: true });
  }
  return { commands, surprises };
}

/** `SCRATCH` in a command's words is a folder of the play, which ends with it. */
function placed(command: Command, scratch: string): Command {
  const words = (list: readonly string[]) => list.map((word) => word.replace("SCRATCH", scratch));
  if ("kubectl" in command) return { ...command, kubectl: words(command.kubectl) };
  if ("opa" in command) return { ...command, opa: words(command.opa) };
  if ("program" in command) return { ...command, program: words(command.program) };
  return "sallyport" in command ? { ...command, sallyport: words(command.sallyport) } : command;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once("close", () => done());
    child.kill();
  });
}

function showScene(scene: Scene, number: number, of: number, stage: Stage): void {
  stage.print(`\n${paint(["bold", "cyan"], `${number}/${of}  ${scene.title}`)}\n`);
  stage.print(`${wrap(scene.before, 96, "  ")}\n\n`);
}

async function playCommand(command: Command, stage: Stage, staying: ChildProcess[]): Promise<readonly string[]> {
  const line = `${wordsOf(command).map(quote).join(" ")}${"stays" in command ? " &" : ""}`;
  stage.print(`  ${paint("bold", `$ ${line}`)}\n`);
  const absent = "program" in command && !isOnPath(command.program[0] as string);
  if (absent) {
    stage.print(`  ${paint("yellow", `passed over: ${command.program[0]} is not installed here`)}\n\n`);
    return [];
  }
  const { output, surprise } = await expectedAnswer(command, stage, staying);
  for (const each of output.trimEnd().split("\n")) stage.print(`  ${each}\n`);
  stage.print(
    surprise === undefined ? `  ${paint("green", "✓ as expected")}\n\n` : `  ${paint("red", `✗ ${surprise}`)}\n\n`,
  );
  return surprise === undefined ? [] : [`${line}: ${surprise}`];
}

function wordsOf(command: Command): readonly string[] {
  if ("kubectl" in command) return ["kubectl", ...command.kubectl];
  if ("curl" in command) return ["curl", ...command.curl];
  if ("program" in command) return command.program;
  return "opa" in command ? ["sallyport", "opa", ...command.opa] : ["sallyport", ...command.sallyport];
}

/** The first answer, or the first expected one of a command that may take a while; with what is wrong with it. */
async function expectedAnswer(
  command: Command,
  stage: Stage,
  staying: ChildProcess[],
): Promise<{ readonly output: string; readonly surprise: string | undefined }> {
  const end = performance.now() + (command.eventually === true ? patienceMs : 0);
  for (;;) {
    const { code, output } = await run(command, stage, staying);
    const surprise = judge(command, code, output);
    if (surprise === undefined || performance.now() >= end || stage.signal?.aborted) return { output, surprise };
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

/** Undefined when the answer is the expected one, else what is wrong with it. */
export function judge(command: Expectation, code: number | null, output: string): string | undefined {
  const wanted = command.outcome ?? "done";
  if (code === null) return `did not end within ${commandTimeoutMs / 1000} s`;
  if (wanted === "done" && code !== 0) return `should have succeeded, but ended with status ${code}`;
  if (wanted === "refused" && code === 0) return "should have been refused, but succeeded";
  const missing = command.expect?.find((pattern) => !pattern.test(output));
  if (missing !== undefined) return `the answer should match ${missing}`;
  const extra = command.unexpected?.find((pattern) => pattern.test(output));
  return extra === undefined ? undefined : `the answer should not match ${extra}`;
}

const launcher = fileURLToPath(new URL("bin/sallyport.js", packageFolder));

function run(command: Command, stage: Stage, staying: ChildProcess[]): Promise<Answer> {
  if ("kubectl" in command) return runProgram(stage.kubectl, command.kubectl, stage);
  if ("opa" in command)
    return (
      stage.opa?.(command.opa, stage.folder) ?? runProgram(process.execPath, [launcher, "opa", ...command.opa], stage)
    );
  if ("curl" in command)
    return runProgram("curl", command.curl, stage).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return askAsCurl(command.curl, stage.folder);
    });
  const [program = "", ...words] =
    "program" in command ? command.program : [process.execPath, launcher, ...command.sallyport];
  if (command.stays !== true) return runProgram(program, words, stage);
  const { expect = [] } = command;
  return runProgram(program, words, stage, {
    started: (child) => void staying.push(child),
    isReady: (output) => expect.every((pattern) => pattern.test(output)),
  });
}

/** Of a program that stays. */
interface Staying {
  readonly started: (child: ChildProcess) => void;
  /** By what it has printed so far: it answers then, and goes on. */
  readonly isReady: (output: string) => boolean;
}

function runProgram(file: string, args: readonly string[], stage: Stage, staying?: Staying): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: stage.folder,
      env: { ...process.env, KUBECONFIG: stage.kubeconfig },
      stdio: ["ignore", "pipe", "pipe"],
      ...(staying === undefined ? { timeout: commandTimeoutMs } : {}),
    });
    const end = () => void child.kill();
    stage.signal?.addEventListener("abort", end, { once: true });
    staying?.started(child);
    const patience = staying && setTimeout(() => child.kill(), commandTimeoutMs);
    let output = "";
    const take = (chunk: string) => {
      output += chunk;
      if (staying?.isReady(output) !== true) return;
      clearTimeout(patience);
      resolve({ code: 0, output });
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", reject);
    child.on("close", (code) => {
      stage.signal?.removeEventListener("abort", end);
      clearTimeout(patience);
      resolve({ code, output });
    });
  });
}

/** As a shell would need it, so that the line can be copied. */
function quote(arg: string): string {
  return /^[\w@%+=:,./*-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
