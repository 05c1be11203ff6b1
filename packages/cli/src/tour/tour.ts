import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../errors.ts";
import { packageFolder } from "../place.ts";
import { paint } from "../terminal.ts";
import { chapters } from "./chapters.ts";
import { lacking } from "./lacking.ts";
import { playChapter } from "./play.ts";

const filesRoot = fileURLToPath(new URL("tour", packageFolder));

/** Plays one chapter, or all. True when every answer was the expected one. */
export async function playTour(options: {
  readonly kubectl: string;
  readonly kubeconfig: string;
  readonly chapter: string | undefined;
  /** Ends the tour before its time; it is none that went as expected then. */
  readonly signal?: AbortSignal;
}): Promise<boolean> {
  const wanted = chapters.filter(({ name }) => options.chapter === undefined || name === options.chapter);
  if (wanted.length === 0)
    throw new UsageError(
      `no chapter ${JSON.stringify(options.chapter)}; chapters: ${chapters.map(({ name }) => name).join(", ")}`,
    );
  const print = (text: string) => void process.stdout.write(text);
  let commands = 0;
  const surprises: string[] = [];
  const skipped: string[] = [];
  const { signal } = options;
  const isStopped = () => signal?.aborted === true;
  for (const chapter of wanted) {
    if (isStopped()) break;
    const why = lacking(chapter);
    if (why !== undefined) {
      skipped.push(`${chapter.name}: ${why}`);
      continue;
    }
    const result = await playChapter(chapter, {
      kubectl: options.kubectl,
      kubeconfig: options.kubeconfig,
      folder: join(filesRoot, chapter.folder),
      print,
      ...(signal === undefined ? {} : { signal }),
    });
    if (isStopped()) break;
    commands += result.commands;
    surprises.push(...result.surprises);
  }
  print(
    `\n${paint(surprises.length === 0 ? "green" : "red", `Tour: ${commands} commands, ${commands - surprises.length} as expected, ${surprises.length} not`)}\n`,
  );
  if (isStopped()) print(`  ${paint("yellow", "stopped")} before its end\n`);
  for (const each of skipped) print(`  ${paint("yellow", "skipped")} ${each}\n`);
  for (const surprise of surprises) print(`  ${paint("red", "✗")} ${surprise}\n`);
  return surprises.length === 0 && !isStopped();
}
