/** The theme of VitePress, with colours of more contrast and tables that scroll. */
import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme-without-fonts';
import './style.css';

const theme: Theme = { extends: DefaultTheme };

export default theme;
