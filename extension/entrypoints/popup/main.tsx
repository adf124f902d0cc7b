import { browser } from '../../browser.ts';
import { createPopupController } from '../../session/popup-controller.ts';
import { presentAsChosen } from '../../session/present.ts';
import { browserMessages } from '../../ui/i18n/browser.ts';
import { t } from '../../ui/i18n/messages.ts';
import { mount } from '../../ui/mount.tsx';
import { Popup } from '../../ui/popup/popup-view.tsx';

const controller = createPopupController();
mount(
  browserMessages(browser.i18n, document.documentElement),
  () => t('extName'),
  () => <Popup controller={controller} />,
);
void presentAsChosen();
