import assert from "node:assert/strict";
import { test } from "node:test";
import { type DockerRun, parseDockerRun } from "./command.ts";
import { dockerOfContainer } from "./from-pod.ts";
import { podOfDocker } from "./to-pod.ts";

/**
 * The pod of a command: what is in its spec beside the restart policy, the container without name, image and docker's own filter of system
 * calls, and the notes.
 */
function made(command: string) {
  const { pod, notes } = podOfDocker(parseDockerRun(command) as DockerRun);
  const { containers, restartPolicy, ...spec } = pod.spec;
  const { name, image, securityContext, ...rest } = containers[0];
  const { seccompProfile, ...context } = securityContext;
  const shown = seccompProfile?.type === "RuntimeDefault" ? context : securityContext;
  const container = Object.keys(shown).length === 0 ? rest : { ...rest, securityContext: shown };
  return { spec, container, notes, restartPolicy, names: [pod.metadata.name, name, image] };
}

const toPod: { readonly [flags: string]: object } = {
  "": {},
  "--user=1001 --cap-add MAC_ADMIN": {
    container: { securityContext: { runAsUser: 1001, capabilities: { add: ["MAC_ADMIN"] } } },
  },
  "-u 1:2 --group-add 3": {
    container: { securityContext: { runAsUser: 1, runAsGroup: 2 } },
    spec: { securityContext: { supplementalGroups: [3] } },
  },
  "--user app": { notes: ["--user app: a pod names users by number; look it up in the image's /etc/passwd"] },
  "--cap-drop=all --cap-add=cap_net_raw --cap-add KILL": {
    container: { securityContext: { capabilities: { drop: ["ALL"], add: ["NET_RAW", "KILL"] } } },
  },
  "--privileged --read-only": { container: { securityContext: { privileged: true, readOnlyRootFilesystem: true } } },
  "--security-opt no-new-privileges --security-opt seccomp=unconfined --security-opt apparmor=mine": {
    container: {
      securityContext: {
        allowPrivilegeEscalation: false,
        seccompProfile: { type: "Unconfined" },
        appArmorProfile: { type: "Localhost", localhostProfile: "mine" },
      },
    },
  },
  "--security-opt label=type:t --security-opt label=level:s0": {
    container: { securityContext: { seLinuxOptions: { type: "t", level: "s0" } } },
  },
  "--net=host --pid host --ipc=host": { spec: { hostNetwork: true, hostPID: true, hostIPC: true } },
  "--network mine": { notes: ["--network mine: pods of a cluster share one network"] },
  "-e A=b=c -eD=e --env F": {
    container: {
      env: [
        { name: "A", value: "b=c" },
        { name: "D", value: "e" },
      ],
    },
    notes: ["--env F: its value comes from the caller's environment; give it in the pod"],
  },
  "-p 127.0.0.1:80:8080 -p 53/udp": {
    container: {
      ports: [
        { containerPort: 8080, hostPort: 80, hostIP: "127.0.0.1" },
        { containerPort: 53, protocol: "UDP" },
      ],
    },
  },
  "-v /etc:/x:ro --mount type=tmpfs,target=/t": {
    container: {
      volumeMounts: [
        { name: "volume-1", mountPath: "/x", readOnly: true },
        { name: "volume-2", mountPath: "/t" },
      ],
    },
    spec: {
      volumes: [
        { name: "volume-1", hostPath: { path: "/etc" } },
        { name: "volume-2", emptyDir: { medium: "Memory" } },
      ],
    },
  },
  "-p 9000-9001:8000-8001 -p [::1]:53:53/udp --expose 7": {
    container: {
      ports: [
        { containerPort: 8000, hostPort: 9000 },
        { containerPort: 8001, hostPort: 9001 },
        { containerPort: 53, hostPort: 53, hostIP: "::1", protocol: "UDP" },
        { containerPort: 7 },
      ],
    },
  },
  "--network host -p 80:8080": {
    spec: { hostNetwork: true },
    notes: ["--publish: on the node's network nothing is published, the program's ports are the node's"],
  },
  "--privileged --security-opt no-new-privileges": {
    container: { securityContext: { privileged: true } },
    notes: ["--security-opt no-new-privileges: the API takes no such pod with --privileged"],
  },
  "--security-opt apparmor=docker-default": {
    container: { securityContext: { appArmorProfile: { type: "RuntimeDefault" } } },
  },
  "--tmpfs /t:size=64m --shm-size 1g": {
    container: {
      volumeMounts: [
        { name: "volume-1", mountPath: "/t" },
        { name: "volume-2", mountPath: "/dev/shm" },
      ],
    },
    spec: {
      volumes: [
        { name: "volume-1", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
        { name: "volume-2", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } },
      ],
    },
  },
  "-v My_Data:/d -v ./x:/x": {
    container: { volumeMounts: [{ name: "volume-1", mountPath: "/d" }] },
    spec: { volumes: [{ name: "volume-1", persistentVolumeClaim: { claimName: "my-data" } }] },
    notes: [
      "volume My_Data: make a PersistentVolumeClaim my-data",
      "--volume ./x:/x: a pod names folders of its node by whole paths; make a ConfigMap of small files",
    ],
  },
  "--health-cmd 'curl localhost' --health-interval 1m30s --health-timeout 500ms --stop-timeout 5": {
    container: {
      livenessProbe: { exec: { command: ["/bin/sh", "-c", "curl localhost"] }, periodSeconds: 90, timeoutSeconds: 1 },
    },
    notes: ["--health-cmd: kubelet starts a container again that fails; docker only marks it unhealthy"],
    spec: { terminationGracePeriodSeconds: 5 },
  },
  "--dns-search x.y --dns-option ndots:2 --add-host=a:::1": {
    spec: {
      dnsConfig: { searches: ["x.y"], options: [{ name: "ndots", value: "2" }] },
      hostAliases: [{ ip: "::1", hostnames: ["a"] }],
    },
  },
  "--memory-reservation 256m --cpu-shares 512": {
    container: { resources: { requests: { memory: "256Mi", cpu: "500m" } } },
  },
  "--gpus all --storage-opt size=1G": {
    notes: [
      "--gpus all: ask for the device plugin's resource: limits: {nvidia.com/gpu: 1}",
      "--storage-opt size=1G: a pod has nothing like it",
    ],
  },
  "-m 512m --cpus 1.5": { container: { resources: { limits: { memory: "512Mi", cpu: "1500m" } } } },
  "--sysctl net.core.somaxconn=1": {
    spec: { securityContext: { sysctls: [{ name: "net.core.somaxconn", value: "1" }] } },
  },
  "-dit --rm --tty=false": { container: { stdin: true } },
  "--init --privileged=false": {
    notes: ["--init: with shareProcessNamespace: true the pod's first process reaps the others"],
  },
  "--tmpfs /t:rw,noexec,size=65536k,ro --tmpfs /u:size=50%": {
    container: {
      volumeMounts: [
        { name: "volume-1", mountPath: "/t", readOnly: true },
        { name: "volume-2", mountPath: "/u" },
      ],
    },
    spec: {
      volumes: [
        { name: "volume-1", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
        { name: "volume-2", emptyDir: { medium: "Memory" } },
      ],
    },
    notes: [
      "--tmpfs /t:rw,noexec,size=65536k,ro: kubelet mounts a tmpfs without noexec",
      "--tmpfs /u:size=50%: kubelet mounts a tmpfs without size=50%",
    ],
  },
  "--mount type=tmpfs,target=/t,tmpfs-size=1g,tmpfs-mode=1777": {
    container: { volumeMounts: [{ name: "volume-1", mountPath: "/t" }] },
    spec: { volumes: [{ name: "volume-1", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } }] },
    notes: [
      "--mount type=tmpfs,target=/t,tmpfs-size=1g,tmpfs-mode=1777: tmpfs-mode=1777: a pod's mounts have nothing like it",
    ],
  },
  "-v /a:/b:rslave,z --mount type=volume,src=data,dst=/d,volume-subpath=x --mount type=image,src=i,dst=/i": {
    container: {
      volumeMounts: [
        { name: "volume-1", mountPath: "/b", mountPropagation: "HostToContainer" },
        { name: "volume-2", mountPath: "/d", subPath: "x" },
        { name: "volume-3", mountPath: "/i" },
      ],
    },
    spec: {
      volumes: [
        { name: "volume-1", hostPath: { path: "/a" } },
        { name: "volume-2", persistentVolumeClaim: { claimName: "data" } },
        { name: "volume-3", image: { reference: "i" } },
      ],
    },
    notes: [
      "--volume /a:/b:rslave,z: z: a pod's mounts have nothing like it",
      "volume data: make a PersistentVolumeClaim data",
    ],
  },
  "-v $PWD:/x": {
    notes: ["--volume $PWD:/x: a pod names folders of its node by whole paths; make a ConfigMap of small files"],
  },
  "-m 1.5g --memory-swap -1 --cpus 1 -c 4096": {
    container: { resources: { limits: { memory: "1536Mi", cpu: "1" }, requests: { cpu: "1" } } },
    notes: ["--memory-swap -1: a pod has nothing like it", "--cpu-shares: a pod asks for no more than its limit, 1"],
  },
  "-m 0 --cpus 0 -c 0 --shm-size 0 -w '' --pull ''": {},
  "-u root -u app -u 7:root": { container: { securityContext: { runAsUser: 7, runAsGroup: 0 } } },
  "--dns 8.8.8.8": {
    spec: { dnsPolicy: "None", dnsConfig: { nameservers: ["8.8.8.8"] } },
    notes: ["--dns: with dnsPolicy None the pod finds no names of the cluster; leave dnsPolicy out if it should"],
  },
  "-e A=1 -e 'B=$(A) $(C) $$' -e A=2": {
    container: {
      env: [
        { name: "A", value: "2" },
        { name: "B", value: "$$(A) $(C) $$$$" },
      ],
    },
  },
  "-p 80 --expose 80 -p 0:90 --expose 7/foo": {
    container: { ports: [{ containerPort: 80 }, { containerPort: 90 }] },
    notes: ["--expose 7/foo: a pod has no such port"],
  },
  "-l a=b -l 'com.example.Vendor=ACME Inc.' -h My_Host --platform linux/arm64/v8 --pull always": {
    container: { imagePullPolicy: "Always" },
    spec: { nodeSelector: { "kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64" } },
    notes: [
      "--label com.example.Vendor=ACME Inc.: a label of a pod has no such value; it is an annotation",
      "--hostname My_Host: a pod's host name is one label of lower case letters, digits and dashes",
      "--platform linux/arm64/v8: nodes tell no variant of their processors",
    ],
  },
  "--ipc shareable --security-opt label=disable --security-opt seccomp=builtin --network name=mine,alias=b": {
    notes: [
      "--security-opt label=disable: SELinux type spc_t comes nearest",
      "--network name=mine,alias=b: pods of a cluster share one network",
    ],
  },
  "--ulimit nofile=1": {
    notes: ["--ulimit nofile=1: Kubernetes sets no resource limits of this kind; the node's runtime does"],
  },
};

for (const [flags, wanted] of Object.entries(toPod))
  test(`docker run ${flags || "without flags"} as a pod`, () => {
    const { spec, container, notes } = made(`docker run ${flags} ubuntu`);
    assert.deepEqual({ spec, container, notes }, { spec: {}, container: {}, notes: [], ...wanted });
  });

const names: { readonly [command: string]: string } = {
  "docker run localhost:5000/a/my_app:1": "my-app",
  "sudo docker container run --name Web_1 x": "web-1",
  "podman run -- x": "x",
};

for (const [command, name] of Object.entries(names))
  test(`${command}: the pod ${name}`, () => assert.equal(made(command).names[0], name));

test("arguments, entrypoint, name and restart policy", () => {
  const { container, names, restartPolicy } = made(
    `docker run --name web --entrypoint=/bin/sh --restart on-failure:3 registry.example.com/a/app:1 -c "echo 'a  b'"`,
  );
  assert.deepEqual(container, { command: ["/bin/sh"], args: ["-c", "echo 'a  b'"] });
  assert.deepEqual([names, restartPolicy], [["web", "web", "registry.example.com/a/app:1"], "OnFailure"]);
});

const faults: { readonly [command: string]: string } = {
  "docker ps": "expected: docker run [FLAGS] IMAGE [ARGS]",
  "docker run 'x": "the quote ' is not closed",
};

for (const [command, fault] of Object.entries(faults))
  test(`${command} is refused`, () => assert.equal(parseDockerRun(command), fault));

test("a pod as docker run, and what cannot be said", () => {
  const container = {
    name: "a",
    image: "x",
    command: ["sh"],
    args: ["-c", "echo hi"],
    livenessProbe: {},
    securityContext: { runAsUser: 5, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  const spec = {
    containers: [container],
    securityContext: { fsGroup: 7, seccompProfile: { type: "RuntimeDefault" } },
    hostPID: true,
    restartPolicy: "Never",
  };
  assert.deepEqual(dockerOfContainer(spec, container), {
    command:
      "docker run --user=5 --group-add=7 --cap-drop=ALL --security-opt=no-new-privileges --pid=host --entrypoint=sh x -c 'echo hi'",
    notes: ["fsGroup: docker does not change who owns a volume", "livenessProbe: kubelet does this; docker does not"],
  });
});

/** Flags that come back as they went. */
const roundTrips: readonly string[] = [
  "",
  "--user=1:2 --cap-add=KILL --cap-drop=ALL --security-opt=no-new-privileges --security-opt=seccomp=unconfined --read-only",
  "--privileged",
  "--user=1001 --cap-add=MAC_ADMIN",
  "--network=host --pid=host --hostname=h --add-host=a:1.2.3.4 --dns=8.8.8.8 --dns-search=x.y --dns-option=ndots:2",
  "--publish=127.0.0.1:80:8080 --publish=53:53/udp",
  "--tmpfs=/t:size=64m --shm-size=1g --volume=/etc:/x:ro",
  "--memory=512m --memory-reservation=256m --cpus=1.5 --cpu-shares=512",
  "--interactive --tty --restart=on-failure --stop-timeout=5 --workdir=/w",
  "--group-add=7 --security-opt=apparmor=mine --security-opt=label=type:t --sysctl=net.core.somaxconn=1",
];

for (const flags of roundTrips)
  test(`there and back: docker run ${flags}`, () => {
    const command = ["docker", "run", ...flags.split(" "), "x"].filter((each) => each !== "").join(" ");
    const { pod } = podOfDocker(parseDockerRun(command) as DockerRun);
    assert.equal(dockerOfContainer(pod.spec, pod.spec.containers[0]).command, command);
  });

/** What the API takes in more ways than docker, and what docker has nothing for. */
const container = (fields: object) => ({ name: "a", image: "x", ...fields });
const toDocker: readonly (readonly [spec: object, container: object, command: string, ...notes: string[]])[] = [
  [
    {},
    { resources: { limits: { memory: "1G", cpu: "250m" }, requests: { memory: "0.5Gi", cpu: "1m" } } },
    "--memory=1000000000 --memory-reservation=512m --cpus=0.25 --cpu-shares=2 --restart=always x",
  ],
  [
    {},
    { resources: { limits: { memory: "4Mi", "nvidia.com/gpu": 1 } } },
    "--restart=always x",
    "resource nvidia.com/gpu: docker has nothing like it",
    "memory 4Mi: docker takes no --memory below 6m",
  ],
  [
    {
      volumes: [
        { name: "v", hostPath: { path: "/a" } },
        { name: "c", persistentVolumeClaim: { claimName: "data", readOnly: true } },
      ],
    },
    {
      volumeMounts: [
        { name: "v", mountPath: "/b", subPath: "s", readOnly: true, mountPropagation: "HostToContainer" },
        { name: "c", mountPath: "/c" },
        { name: "c", mountPath: "/e", subPath: "f" },
      ],
    },
    "--volume=/a/s:/b:ro,rslave --volume=data:/c:ro --mount=type=volume,source=data,target=/e,readonly,volume-subpath=f --restart=always x",
  ],
  [
    {
      volumes: [
        { name: "m", emptyDir: { medium: "Memory", sizeLimit: "1M" } },
        { name: "e", emptyDir: { sizeLimit: "1Gi" } },
      ],
    },
    {
      volumeMounts: [
        { name: "m", mountPath: "/m", readOnly: true },
        { name: "e", mountPath: "/e", subPath: "s" },
      ],
    },
    "--tmpfs=/m:ro,size=1000000 --volume=/e --restart=always x",
    "volume e: subPath s: docker's volume of its own is empty",
    "volume e: sizeLimit: docker does not bound a volume",
  ],
  [
    {},
    {
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "$(A)$$(A)$(N)" },
        { name: "S", valueFrom: { secretKeyRef: {} } },
      ],
      command: ["echo", "$(B)"],
      args: ["$(S)"],
    },
    "--env=A=1 '--env=B=1$(A)$(N)' --restart=always --entrypoint=echo x '1$(A)$(N)' '$(S)'",
    "env S: its value comes from the cluster (secretKeyRef)",
    "$(S): its value comes from the cluster; docker replaces nothing",
  ],
  [
    {
      nodeSelector: { a: "b" },
      serviceAccountName: "s",
      schedulerName: "default-scheduler",
      dnsPolicy: "ClusterFirst",
    },
    {
      terminationMessagePath: "/t",
      ports: [{ containerPort: 1, hostPort: 2, hostIP: "::1" }],
      imagePullPolicy: "Never",
    },
    "'--publish=[::1]:2:1' --restart=always --pull=never x",
    "docker has nothing like nodeSelector, serviceAccountName, terminationMessagePath",
  ],
];

for (const [spec, fields, command, ...notes] of toDocker)
  test(`a pod as docker run ${command}`, () => {
    const made = container({ securityContext: { seccompProfile: { type: "RuntimeDefault" } }, ...fields });
    const { command: given, notes: told } = dockerOfContainer({ ...spec, containers: [made] }, made);
    assert.deepEqual([given, told], [`docker run ${command}`, notes]);
    assert.equal(typeof parseDockerRun(given), "object");
  });

const unsaid: { readonly [note: string]: object } = {
  "hostUsers: false: docker remaps users for all containers of a daemon (userns-remap)": { hostUsers: false },
  "shareProcessNamespace: join the first container's: --pid=container:NAME": { shareProcessNamespace: true },
  "runtimeClassName gvisor: give docker the RuntimeClass's handler: --runtime": { runtimeClassName: "gvisor" },
};

for (const [note, fields] of Object.entries(unsaid))
  test(`docker cannot say it: ${note}`, () => {
    const container = { name: "a", image: "x" };
    assert.deepEqual(dockerOfContainer({ containers: [container], ...fields }, container).notes, [note]);
  });
