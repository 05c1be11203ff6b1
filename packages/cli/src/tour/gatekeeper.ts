import type { Chapter, Command } from "./chapter.ts";

const constraints = "needlabels.constraints.gatekeeper.sh";

function apply(file: string, ...expect: readonly RegExp[]): Command {
  return { kubectl: ["apply", "-f", file], expect };
}

/** The kind of constraints is there as soon as its template is seen. */
function applyConstraint(file: string, ...expect: readonly RegExp[]): Command {
  return { ...apply(file, ...expect), eventually: true };
}

/** Gatekeeper's policies: a template that makes a kind, constraints of it, mutators, audits, and the same offline. */
export const gatekeeper: Chapter = {
  name: "gatekeeper",
  title: "Gatekeeper: rules as kinds, what is there already, and the same offline",
  folder: "gatekeeper",
  cleanUp: [
    ["delete", "constrainttemplate", "needlabels", "nolatest", "--ignore-not-found", "--wait=true"],
    ["delete", "assignmetadata", "piers-are-the-harbourmasters", "--ignore-not-found", "--wait=true"],
    ["delete", "namespace", "pier-1", "pier-2", "pier-3", "--ignore-not-found", "--wait=true"],
  ],
  scenes: [
    {
      title: "A rule becomes a kind",
      before:
        "A ConstraintTemplate holds Rego and the schema of its parameters. The server makes a kind of it, and checks what people write of that kind.",
      commands: [
        { kubectl: ["create", "namespace", "pier-1"], expect: [/created/] },
        apply("template.yaml", /needlabels created/),
        {
          kubectl: ["get", "crd", constraints, "-o", "jsonpath={.spec.names.kind}"],
          expect: [/NeedLabels/],
          eventually: true,
        },
        { ...applyConstraint("typo.yaml", /spec\.parameters\.labels/), outcome: "refused" },
        applyConstraint("owner.yaml", /piers-have-owners created/),
      ],
      after: "It only warns for now: enforcementAction says so.",
    },
    {
      title: "Warn first, and look at what is there already",
      before: "Whoever makes a pier hears of the rule. An audit tells of those that were there before it.",
      commands: [
        {
          kubectl: ["create", "namespace", "pier-2"],
          expect: [/Warning: \[piers-have-owners\] pier-2 has no label owner/, /created/],
        },
        {
          sallyport: ["audit"],
          expect: [
            /Namespace pier-1 {2}warn {2}\[NeedLabels\/piers-have-owners\] pier-1 has no label owner/,
            /Namespace pier-2 {2}warn/,
            /violations in \d+ objects/,
          ],
        },
        {
          sallyport: ["audit", "-o", "policyreport"],
          expect: [/kind: ClusterPolicyReport/, /rule: piers-have-owners/],
        },
      ],
      after:
        "Nothing is denied, so the audit ends with status 0. `sallyport up` audits once a minute by itself, into the constraint's status.",
    },
    {
      title: "Deny, and help",
      before: "Now the rule refuses. A mutator sets the label where nobody did.",
      commands: [
        apply("owner-denied.yaml", /configured/),
        {
          kubectl: ["create", "namespace", "pier-3"],
          outcome: "refused",
          expect: [
            /admission webhook "validation\.gatekeeper\.sh" denied the request: \[piers-have-owners\] pier-3 has no label owner/,
          ],
        },
        apply("harbourmaster.yaml", /created/),
        { kubectl: ["create", "namespace", "pier-3"], expect: [/created/] },
        {
          kubectl: ["get", "namespace", "pier-3", "-o", "jsonpath={.metadata.labels.owner}"],
          expect: [/harbourmaster/],
        },
      ],
      after: "Mutators run until nothing changes any more, and before any rule is asked.",
    },
    {
      title: "CEL, enforced by the API server itself",
      before:
        "A template in CEL that says generateVAP becomes a ValidatingAdmissionPolicy, and its constraint the binding: they refuse before any webhook is asked.",
      commands: [
        apply("no-latest.yaml", /nolatest created/),
        applyConstraint("no-latest-here.yaml", /piers-say-versions created/),
        {
          kubectl: ["get", "validatingadmissionpolicybinding", "gatekeeper-nolatest-piers-say-versions"],
          expect: [/gatekeeper-nolatest\b/],
          eventually: true,
        },
        {
          kubectl: ["-n", "pier-3", "run", "crane", "--image=registry.example.com/crane:latest"],
          outcome: "refused",
          expect: [
            /ValidatingAdmissionPolicy 'gatekeeper-nolatest' with binding 'gatekeeper-nolatest-piers-say-versions' denied request: every image says its version/,
          ],
          eventually: true,
        },
        { kubectl: ["-n", "pier-3", "run", "crane", "--image=registry.example.com/crane:1"], expect: [/created/] },
      ],
      after: "`sallyport gator vap -f FILES` writes the same without a cluster.",
    },
    {
      title: "The same before anything is applied",
      before: "The template, the constraint and a namespace from files: what a cluster would say, in a pull request.",
      commands: [
        {
          sallyport: ["gator", "test", "-f", "template.yaml", "-f", "owner-denied.yaml", "-f", "pier.yaml"],
          outcome: "refused",
          expect: [/v1\/Namespace pier-9: \["piers-have-owners"\] Message: "pier-9 has no label owner"/],
        },
        {
          sallyport: ["check", "template.yaml", "owner-denied.yaml", "pier.yaml"],
          outcome: "refused",
          expect: [/pier-9 has no label owner/],
        },
        {
          sallyport: [
            "gator",
            "test",
            "-f",
            "template.yaml",
            "-f",
            "owner-denied.yaml",
            "-f",
            "harbourmaster.yaml",
            "-f",
            "pier.yaml",
            "--mutate",
          ],
          unexpected: [/no label/],
        },
      ],
      after: "gator reviews objects as they are; with --mutate they are reviewed as a cluster would have them.",
    },
  ],
};
