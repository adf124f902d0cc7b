import { useState } from 'preact/hooks';
import { t } from '../i18n/messages.ts';
import { Brand } from '../icons/brand.tsx';
import type { OptionsController } from '../surfaces/options.ts';
import { useStore } from '../use-store.ts';
import { About, Data } from './about.tsx';
import { History } from './history.tsx';
import { Preferences } from './preferences.tsx';
import { Enclaves, type SectionProps, Sites, YourSeal } from './sections.tsx';
import { Trust } from './trust.tsx';

const sections = {
  trust: { title: () => t('optTrust'), show: (props: SectionProps) => <Trust {...props} /> },
  enclaves: { title: () => t('optEnclaves'), show: (props: SectionProps) => <Enclaves {...props} /> },
  sites: { title: () => t('optSites'), show: (props: SectionProps) => <Sites {...props} /> },
  seal: { title: () => t('optSeal'), show: (props: SectionProps) => <YourSeal {...props} /> },
  history: { title: () => t('optHistory'), show: (props: SectionProps) => <History {...props} /> },
  looks: { title: () => t('optLooks'), show: (props: SectionProps) => <Preferences {...props} /> },
  data: { title: () => t('optData'), show: (props: SectionProps) => <Data {...props} /> },
  about: { title: () => t('optAbout'), show: (props: SectionProps) => <About {...props} /> },
};
export type OptionsSection = keyof typeof sections;
const names = Object.keys(sections) as OptionsSection[];

const sectionInAddress = () => names.find((name) => location.hash === `#${name}`);

/** Options: a list to the left, one section to the right. */
export function Options({
  controller,
  begin = 'trust',
}: {
  controller: OptionsController;
  begin?: OptionsSection;
}) {
  const view = useStore(controller);
  const [section, setSection] = useState<OptionsSection>(sectionInAddress() ?? begin);
  const go = (name: OptionsSection) => {
    // In the address, so that a reload or another language comes back to it.
    history.replaceState(null, '', `#${name}`);
    setSection(name);
  };
  return (
    <div class="options">
      <header class="options-head">
        <Brand size={26} />
        <span class="options-brand">Waxseal</span>
      </header>
      <nav class="options-nav" aria-label={t('optSections')}>
        {names.map((name) => (
          <button
            key={name}
            type="button"
            class="options-tab"
            aria-current={section === name ? 'page' : undefined}
            onClick={() => go(name)}
          >
            {sections[name].title()}
          </button>
        ))}
      </nav>
      <main class="options-body">{sections[section].show({ view, controller })}</main>
    </div>
  );
}
