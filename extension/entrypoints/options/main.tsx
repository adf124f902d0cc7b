import { browser } from '../../browser.ts';
import { createOptionsController } from '../../session/options-controller.ts';
import { presentAsChosen } from '../../session/present.ts';
import { browserMessages } from '../../ui/i18n/browser.ts';
import { t } from '../../ui/i18n/messages.ts';
import { mount } from '../../ui/mount.tsx';
import { Options } from '../../ui/options/options-view.tsx';

const controller = createOptionsController();
mount(
  browserMessages(browser.i18n, document.documentElement),
  () => t('optionsPageTitle'),
  () => <Options controller={controller} />,
);
void presentAsChosen();
