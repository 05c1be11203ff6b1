import type { Chapter } from "./chapter.ts";

/** The language of policies, by OPA's own commands. */
export const rego: Chapter = {
  name: "rego",
  title: "Rego: how a policy comes to its answer",
  folder: "rego",
  cleanUp: [],
  scenes: [
    {
      title: "Questions",
      before:
        "Rego answers questions about documents. A query is a list of expressions that must all hold; its answers are the values that make them hold.",
      commands: [
        { opa: ["eval", "--format", "pretty", "x := 1 + 2; x > 2"], expect: [/│ x │/, /│ 3 │/] },
        { opa: ["eval", "--format", "pretty", "some x in [1, 2, 3]; x > 1"], expect: [/│ 2 │/, /│ 3 │/] },
        { opa: ["eval", "--format", "pretty", "1 > 2; true"], expect: [/^undefined$/m] },
        {
          opa: ["eval", "--format", "raw", "--input", "miner.json", "input.spec.containers[_].image"],
          expect: [/^docker\.io\/evil\/miner$/m],
        },
      ],
      after:
        "What does not hold is undefined: no error, just no answer. `input` is the document in question, here a pod.",
    },
    {
      title: "Why a pod is refused",
      before:
        "policy/pods.rego collects in `deny` what is wrong with a pod. A rule with `contains` adds one message for each way in which its body holds.",
      commands: [
        {
          opa: ["eval", "-f", "pretty", "-d", "policy", "-i", "miner.json", "data.pods.deny"],
          expect: [/image docker\.io\/evil\/miner is not ours/, /container miner may run as root/],
        },
        {
          opa: ["eval", "-f", "pretty", "-d", "policy", "-i", "till.json", "data.pods.deny"],
          expect: [/^\[\]$/m],
        },
        {
          opa: ["eval", "-f", "raw", "-d", "policy", "-i", "till.json", "data.pods.allow"],
          expect: [/^true$/m],
        },
        {
          opa: ["exec", "--bundle", "policy", "--decision", "pods/allow", "miner.json", "till.json"],
          expect: [/"path": "miner\.json",\s+"result": false/, /"path": "till\.json",\s+"result": true/],
        },
      ],
      after: "In scripts the exit status counts: see what --fail-defined makes of a refusal.",
    },
    {
      title: "A status for scripts",
      before: "The same question, asked so that a pipeline stops: any message of `deny` is a failure.",
      commands: [
        {
          opa: ["eval", "--fail-defined", "-f", "raw", "-d", "policy", "-i", "miner.json", "data.pods.deny[m]"],
          outcome: "refused",
          expect: [/is not ours/],
        },
        { opa: ["eval", "--fail-defined", "-f", "raw", "-d", "policy", "-i", "till.json", "data.pods.deny[m]"] },
      ],
      after: "Status 1 says refused, 2 that the policy or the input is broken.",
    },
    {
      title: "Explain",
      before: "Where did it fail? The explanation shows the way to each expression that did not hold.",
      commands: [
        {
          opa: ["eval", "-f", "pretty", "--explain", "fails", "-d", "policy", "-i", "miner.json", "data.pods.allow"],
          expect: [/pods\.rego:\d+\s+.*Fail/, /^false$/m],
        },
      ],
      after: "With --explain full every step is there, with --var-values what the variables were at each.",
    },
    {
      title: "Mistakes",
      before: "typo.rego has a name misspelled. Nothing of it is taken: a policy that is half right is wrong.",
      commands: [
        {
          opa: ["check", "typo.rego"],
          outcome: "refused",
          expect: [/typo\.rego:6: rego_unsafe_var_error: var contaner is unsafe/],
        },
        { opa: ["check", "--strict", "policy"] },
      ],
      after: "The compiler names the file, the line and the variable. --strict minds unused names too.",
    },
    {
      title: "Tests, and what they miss",
      before:
        "Policies have tests: rules whose names begin with test_. `with` puts a document of our own in place of the input.",
      commands: [
        {
          opa: ["test", "--verbose", "policy"],
          expect: [/test_good_pod_is_allowed: PASS/, /test_foreign_image_is_denied: PASS/, /PASS: 2\/2/],
        },
        {
          opa: ["test", "--coverage", "--format", "json", "policy"],
          expect: [/"policy\/pods\.rego"/, /"not_covered"/],
        },
      ],
      after:
        "No test ever lets a container run as root: the coverage shows the lines of that rule. Write that test yourself.",
    },
  ],
};
