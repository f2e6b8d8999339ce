import { join } from 'node:path';
import { goTool, oneByOne, skopeoVersion, type Wish } from './peers.ts';

/** A peer that takes images out of a registry onto the disk and back, all into one OCI layout. */
export interface Carrier {
  readonly name: string;
  readonly save: (carriage: Carriage) => readonly string[];
  readonly load: (carriage: Carriage) => readonly string[];
}

export interface Carriage extends Pick<Wish, 'dir'> {
  /** Source or target, without TLS. */
  readonly host: string;
  /** The folder of the layout. */
  readonly layout: string;
  /** `NAME:TAG`. */
  readonly images: readonly string[];
}

type Shell = (host: string, tool: string) => { readonly save: string; readonly load: string };

/** With the means that their documentation gives. Names in the layout are tags, so each image needs one of its own. */
const TOOLS: Readonly<Record<string, Shell>> = {
  regctl: (host, tool) => {
    const copy = `${tool} --host reg=${host},tls=disabled image copy`;
    return { save: `${copy} "$from" "ocidir://$to"`, load: `${copy} "ocidir://$from" "$to"` };
  },
  oras: (_, tool) => ({
    save: `${tool} cp --from-plain-http --to-oci-layout "$from" "$to"`,
    load: `${tool} cp --from-oci-layout --to-plain-http "$from" "$to"`,
  }),
  skopeo: () => ({
    save: 'skopeo copy --all --src-tls-verify=false "docker://$from" "oci:$to"',
    load: 'skopeo copy --all --dest-tls-verify=false "oci:$from" "docker://$to"',
  }),
};

/** Those that are here or can be installed. */
export function findCarriers(root: string): readonly Carrier[] {
  return Object.entries(TOOLS).flatMap(([name, shell]): Carrier[] => {
    const tool = name === 'skopeo' ? skopeoVersion() && name : goTool(root, name);
    if (tool === undefined) return [];
    // A list for each: all commands are made before the first one runs.
    const list = (carriage: Carriage, what: string) => join(carriage.dir, `${name}-${what}`);
    const turned = (carriage: Carriage) => places(carriage).map(({ from, to }) => ({ from: to, to: from }));
    return [
      {
        name,
        save: (carriage) =>
          oneByOne(
            { dir: list(carriage, 'save'), images: places(carriage) },
            shell(carriage.host, tool).save,
          ),
        load: (carriage) =>
          oneByOne(
            { dir: list(carriage, 'load'), images: turned(carriage) },
            shell(carriage.host, tool).load,
          ),
      },
    ];
  });
}

function places({
  host,
  layout,
  images,
}: Carriage): readonly { readonly from: string; readonly to: string }[] {
  return images.map((image) => ({
    from: `${host}/${image}`,
    to: `${layout}:${image.replace(/[^\w.-]/g, '-')}`,
  }));
}
