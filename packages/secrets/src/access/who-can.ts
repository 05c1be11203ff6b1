import { Searcher } from "./closure.ts";
import { type Edit, isTakenBy, leastEdit } from "./edit.ts";
import { ownRights, type Path, stepsToGoal } from "./path.ts";
import { allGroups, allUsers, subjectsOf } from "./ways/known-identities.ts";
import { type Identity, identityText, type Question, type World } from "./world.ts";

/** Who gets at what was asked for, the shortest path first. */
export interface Answer {
  readonly question: Question;
  readonly subjects: readonly SubjectPaths[];
}

/** A subject and its paths: after the edits of all of them it has none, unless there are more. */
export interface SubjectPaths {
  readonly subject: Identity;
  /** One of Kubernetes' own, or that may everything by what it is. */
  readonly isSystem: boolean;
  /** Never empty; each is found when the edits of those before it are done. */
  readonly paths: readonly Path[];
  readonly hasMore: boolean;
}

export interface WhoCanOptions {
  /** Paths of one subject; 10 when absent. */
  readonly paths?: number;
  readonly onProgress?: (done: number, of: number) => void;
}

/** Every subject of bindings, every service account and every node, asked for every way in `ways/all.ts`. */
export function whoCan(
  world: World,
  question: Question,
  { paths: most = 10, onProgress = () => {} }: WhoCanOptions = {},
): Answer {
  const searcher = new Searcher(world, question);
  const subjects = subjectsOfWorld(world);
  const found = subjects.flatMap((subject, i) => {
    const { paths, hasMore } = pathsOf(world, searcher, subject, most);
    onProgress(i + 1, subjects.length);
    return paths.length === 0 ? [] : [{ subject, isSystem: isSystem(subject), paths, hasMore }];
  });
  return { question, subjects: found.sort(byLength) };
}

/** The shortest path; then, as if its edit were done, the shortest that is left; and so on. */
function pathsOf(
  world: World,
  searcher: Searcher,
  subject: Identity,
  most: number,
): Pick<SubjectPaths, "paths" | "hasMore"> {
  const paths: Path[] = [];
  const edits: Edit[] = [];
  for (;;) {
    const closure = searcher.search(subject, (right) => edits.some((edit) => isTakenBy(edit, right)));
    if (!closure.isReached) return { paths, hasMore: closure.isCut };
    if (paths.length === most) return { paths, hasMore: true };
    const steps = stepsToGoal(closure);
    const rights = ownRights(world, subject, steps);
    const edit = leastEdit(world, rights);
    const group = rights.map(({ grant }) => grant.subject).find(({ kind }) => kind === "Group");
    const isOthers = group !== undefined && identityText(group) !== identityText(subject);
    paths.push({
      steps,
      ...(edit === undefined ? {} : { edit }),
      ...(isOthers ? { throughGroup: group.name } : {}),
    });
    // What no edit cuts is all that there is to be said.
    if (edit === undefined) return { paths, hasMore: false };
    edits.push(edit);
  }
}

function byLength(a: SubjectPaths, b: SubjectPaths): number {
  const lengths = (a.paths[0]?.steps.length ?? 0) - (b.paths[0]?.steps.length ?? 0);
  return lengths || (identityText(a.subject) < identityText(b.subject) ? -1 : 1);
}

/** Whoever may be asked about. */
export function subjectsOfWorld(world: World): readonly Identity[] {
  const nodes = world.nodes.map((name): Identity => ({ kind: "Node", name }));
  const isNode = new Set(nodes.flatMap((each) => subjectsOf(each)[0] ?? []));
  return [
    ...allUsers(world).filter((each) => !isNode.has(identityText(each))),
    ...allGroups(world),
    ...world.accounts.map((each): Identity => ({ kind: "ServiceAccount", ...each })),
    ...nodes,
  ];
}

/** Groups by which anybody at all may get in: of these everyone wants to know. */
const open = /^system:(authenticated|unauthenticated|anonymous|serviceaccounts(:.*)?|bootstrappers(:.*)?)$/;

function isSystem({ kind, name, namespace }: Identity): boolean {
  if (kind === "Node") return true;
  if (kind === "ServiceAccount") return namespace === "kube-system";
  return name.startsWith("system:") && !open.test(name);
}
