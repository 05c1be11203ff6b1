import {
  type Answer,
  editText,
  identityText,
  type Path,
  type Question,
  rightText,
  type Step,
  type SubjectPaths,
} from "@sallyport/secrets";
import { paint, wrap } from "../terminal.ts";

/** Of a terminal; what is longer goes on below. */
const columns = 110;

/** For people: subjects with their paths, the shortest first. `showsAll` tells also of Kubernetes' own, and of each member of a group. */
export function whoCanText({ question, subjects }: Answer, showsAll: boolean): string {
  const lines = [
    paint("bold", headText(question, subjects)),
    ...listedSubjects(subjects, showsAll).flatMap((each) => ["", ...subjectLines(each, subjects)]),
    ...(showsAll ? [] : foldedLines(subjects)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Without Kubernetes' own, and those that have only what a group has that is listed, unless all are to be told of. */
export function listedSubjects(subjects: readonly SubjectPaths[], showsAll: boolean): readonly SubjectPaths[] {
  return showsAll ? subjects : subjects.filter((each) => !each.isSystem && !isMember(each, subjects));
}

function headText(question: Question, subjects: readonly SubjectPaths[]): string {
  const count = subjects.filter(({ isSystem }) => !isSystem).length;
  const who = count === 0 ? "nobody" : `${count} ${count === 1 ? "subject" : "subjects"}`;
  const others = count === subjects.length ? "" : `${count === 0 ? " but" : " and"} Kubernetes' own`;
  return `${who}${others} can ${questionText(question)}`;
}

/** `get secrets db in prod`. */
export function questionText(question: Question): string {
  return `${question.verb} ${thingText(question)}`;
}

/** `secrets db in prod`. */
export function thingText({ group, resource, name, namespace }: Question): string {
  const what = group === "" ? resource : `${resource}.${group}`;
  return `${what}${name === undefined ? "" : ` ${name}`}${namespace === "" ? "" : ` in ${namespace}`}`;
}

/** It has nothing but what a group has that is told of itself. */
function isMember({ paths }: SubjectPaths, all: readonly SubjectPaths[]): boolean {
  const groups = new Set(all.flatMap(({ subject }) => (subject.kind === "Group" ? [subject.name] : [])));
  return paths.every(({ throughGroup }) => throughGroup !== undefined && groups.has(throughGroup));
}

function subjectLines({ subject, paths, hasMore }: SubjectPaths, all: readonly SubjectPaths[]): readonly string[] {
  const members = all.filter((each) => each.paths.some(({ throughGroup }) => throughGroup === subject.name));
  const counted = subject.kind !== "Group" || members.length === 0 ? "" : `, ${members.length} known members`;
  return [
    paint(["bold", "cyan"], identityText(subject)) + paint("dim", counted),
    ...paths.flatMap(pathLines),
    ...(hasMore ? [paint("dim", "  and more: --paths NUMBER tells of more")] : []),
  ];
}

function pathLines({ steps, edit, throughGroup }: Path): readonly string[] {
  const through = throughGroup === undefined ? [] : [`as a member of ${throughGroup}`];
  const cut = edit === undefined ? "nothing in RBAC cuts this" : editText(edit);
  return [
    ...steps.flatMap((step, i) => stepLines(step, i === 0 ? `  ${steps.length}  ` : "     ")),
    ...through.map((text) => wrap(paint("dim", text), columns, "       ")),
    wrap(`${paint("green", "to cut it:")} ${cut}`, columns, "     "),
  ];
}

function stepLines({ text, by, when }: Step, lead: string): readonly string[] {
  const condition = when === undefined ? "" : paint("yellow", `, if ${when}`);
  return [
    `${lead}${wrap(text + condition, columns, "     ").trimStart()}`,
    ...by.map((right) => wrap(paint("dim", rightText(right)), columns, "       ")),
  ];
}

function foldedLines(subjects: readonly SubjectPaths[]): readonly string[] {
  const system = subjects.filter(({ isSystem }) => isSystem).length;
  const members = subjects.filter((each) => !each.isSystem && isMember(each, subjects)).length;
  const told = [
    ...(system === 0 ? [] : [`${system} of Kubernetes' own`]),
    ...(members === 0 ? [] : [`${members} as members of groups`]),
  ];
  return told.length === 0 ? [] : ["", paint("dim", `and ${told.join(", ")}: --all tells of them`)];
}
