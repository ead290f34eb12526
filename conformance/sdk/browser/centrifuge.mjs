export const { Centrifuge } = window.dunlin.json;
