import { type Answer, accessGraph, editText, type Right, rightText, type SubjectPaths } from "@sallyport/secrets";
import { thingText } from "./who-can-text.ts";

/** All of the answer, and its graph, as scripts read it. */
export function whoCanJson({ question, subjects }: Answer): object {
  return { question, subjects: subjects.map(subjectJson), graph: accessGraph(subjects, thingText(question)) };
}

function subjectJson({ subject, isSystem, paths, hasMore }: SubjectPaths): object {
  return {
    ...subject,
    isSystem,
    hasMore,
    paths: paths.map(({ steps, edit, throughGroup }) => ({
      steps: steps.map(({ by, ...step }) => ({ ...step, by: by.map(rightJson) })),
      ...(edit === undefined ? {} : { edit: { ...edit, text: editText(edit) } }),
      ...(throughGroup === undefined ? {} : { throughGroup }),
    })),
  };
}

function rightJson(right: Right): object {
  const { allowed, names, namespace, grant } = right;
  const { subject, binding, role, from, index, rule } = grant;
  return {
    text: rightText(right),
    allowed,
    names,
    namespace,
    subject,
    binding,
    role,
    rule: { in: from, index, ...rule },
  };
}
