/** Line icons in a 20 × 20 box. They always stand beside, or inside, something with a name. */
const paths = {
  plus: 'M10 4v12M4 10h12',
  more: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  send: 'M10 16V4.5M5 9.5L10 4.5l5 5',
  copy: 'M7.5 7.5h8v8h-8zM4.5 12.5v-8h8',
  chev: 'M7.5 5l5 5l-5 5',
  back: 'M12.5 5l-5 5l5 5',
  down: 'M5 7.5l5 5l5-5',
  up: 'M5 12.5l5-5l5 5',
  ext: 'M8 4.5H4.5v11h11V12M11 4.5h4.5V9M15.5 4.5L9 11',
  search: 'M8.8 3.8a5 5 0 1 1 0 10a5 5 0 1 1 0-10ZM12.5 12.5l4 4',
  save: 'M10 3.5v9M6.2 9L10 12.7L13.8 9M4 16h12',
  again: 'M15.5 8A6 6 0 1 0 16 11.5M15.8 4v4h-4',
  close: 'M5 5l10 10M15 5L5 15',
  gear: 'M3.5 6.5h6M14 6.5h2.5M3.5 13.5h2.5M10.5 13.5h6M11.8 4.3a2.2 2.2 0 1 1 0 4.4a2.2 2.2 0 1 1 0-4.4ZM8.2 11.3a2.2 2.2 0 1 1 0 4.4a2.2 2.2 0 1 1 0-4.4Z',
  panel: 'M3.5 4.5h13v11h-13zM11.5 4.5v11',
  chip: 'M5.5 5.5h9v9h-9zM8 8h4v4H8zM8 2.5v3M12 2.5v3M8 14.5v3M12 14.5v3M2.5 8h3M2.5 12h3M14.5 8h3M14.5 12h3',
  firmware: 'M10 3l7 3.5l-7 3.5l-7-3.5zM3 10l7 3.5l7-3.5M3 13.5L10 17l7-3.5',
  measure:
    'M10 3.5a6 6 0 0 1 6 6c0 2.5-.3 4.5-1 6.5M10 3.5a6 6 0 0 0-6 6c0 1.5-.1 2.5-.6 4M10 6.5a3 3 0 0 1 3 3c0 3-.3 5-1.1 7M10 6.5a3 3 0 0 0-3 3c0 2.8-.4 4.7-1.3 6.5M10 9.5c0 3.4-.4 5.5-1.3 7.3',
  sign: 'M3 16.5h14M5 13.5C6.5 8 9 3.5 10.5 4.2C12.5 5.2 7.5 12 6.5 12.5C8 10 10.5 8.5 10.5 10c0 1-1 2.5 0 2.5c1.5 0 1.5-2 2.5-2c.8 0 .3 1.8 1.3 1.8h2.2',
  tree: 'M10 3.5v4M10 7.5L5.5 11M10 7.5l4.5 3.5M5.5 11L3.5 16M5.5 11l2 5M14.5 11l-2 5M14.5 11l2 5',
  eye: 'M2.5 10C4.5 6.3 7 4.8 10 4.8S15.5 6.3 17.5 10C15.5 13.7 13 15.2 10 15.2S4.5 13.7 2.5 10ZM10 7.6a2.4 2.4 0 1 1 0 4.8a2.4 2.4 0 1 1 0-4.8Z',
  key: 'M13 3.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7ZM10.5 9.5L3.5 16.5M5.5 14.5l2 2M8 12l1.5 1.5',
  mail: 'M2.5 5h15v10.5h-15zM2.5 5.5L10 11.5l7.5-6',
  check: 'M4.5 10.5l3.5 3.5l7.5-8',
  clip: 'M14.8 9.2l-5.4 5.4a3.2 3.2 0 0 1-4.5-4.5l6-6a2.1 2.1 0 0 1 3 3l-5.7 5.7a1 1 0 0 1-1.5-1.5l5-5',
  file: 'M5.5 3h6l3.5 3.5V17h-9.5zM11.5 3v3.5H15M8 10.5h4.5M8 13.5h4.5',
  edit: 'M4 16l.8-3.4L13 4.4a1.6 1.6 0 0 1 2.3 0l.3.3a1.6 1.6 0 0 1 0 2.3L7.4 15.2zM11.8 5.6l2.6 2.6',
  lock: 'M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9',
  bin: 'M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.5 9v4.5M11.5 9v4.5',
  history: 'M4.5 10a5.8 5.8 0 1 0 1.8-4.2M4.2 3.8v3.4h3.4M10 6.8V10l2.4 1.6',
};

export type UiIconName = keyof typeof paths;

export function UiIcon({ name, size = 20 }: { name: UiIconName; size?: number }) {
  return (
    <svg
      class={`ui-icon ui-icon-${name}`}
      width={size}
      height={size}
      viewBox="0 0 20 20"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}
