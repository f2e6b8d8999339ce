import picocolors from 'picocolors';

/** How text may look where it goes. */
export interface Style {
  readonly color: boolean;
  /** Columns of the terminal; Infinity in a pipe, where lines are never cut. */
  readonly width: number;
  /** Rows of the terminal; absent in a pipe. What is drawn over may not be higher. */
  readonly height?: number;
}

export const PLAIN: Style = { color: false, width: Number.POSITIVE_INFINITY };

export function paint(style: Style): ReturnType<typeof picocolors.createColors> {
  return picocolors.createColors(style.color);
}
