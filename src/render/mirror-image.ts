import type { OutputFile } from './types.ts';

/**
 * Writes the command: Node itself does it, because a base need not have a shell, and names itself in the first line, because one need not have
 * `/usr/bin/env` either. Not a link: the program finds its parts beside itself.
 */
const COMMAND = [
  "const fs = require('node:fs')",
  "fs.mkdirSync('/opt/sallyport/bin')",
  "fs.writeFileSync('/opt/sallyport/bin/sallyport', '#!' + process.execPath + '\\nimport(\"/opt/sallyport/package/dist/sallyport.mjs\")\\n', {mode: 0o755})",
].join('; ');

/** How to make the image that the Jobs run: nobody publishes one, so it comes from a base of the user's and the packed program. */
export function containerFile(image: string): OutputFile {
  // What is built gets its digest when it is pushed.
  const name = image.replace(/@.*$/, '');
  const text = [
    '# The image of jobs/mirror.yaml: the sallyport command on a base of yours.',
    '# BASE is any image with Node 20.19 or newer on its PATH; of it nothing else is used, no shell and no npm.',
    '# From the folder that holds jobs/, with an empty folder PACKAGE for the tarball (in a checkout of Sallyport: npm pack --pack-destination PACKAGE):',
    '#   npm pack sallyport --pack-destination PACKAGE',
    `#   podman build -f jobs/Containerfile --build-arg BASE=registry.corp.example/base/node:22 -t ${name} PACKAGE`,
    `#   podman push ${name}`,
    '# `docker build` and `buildah build` take the same words.',
    'ARG BASE',
    'FROM ${BASE}',
    'USER 0',
    '# A local tarball is unpacked.',
    'ADD sallyport-*.tgz /opt/sallyport/',
    `RUN ${JSON.stringify(['node', '-e', COMMAND])}`,
    'ENV PATH=/opt/sallyport/bin:$PATH',
    'USER 65532',
    '',
  ].join('\n');
  return { path: 'jobs/Containerfile', bytes: Buffer.from(text) };
}
