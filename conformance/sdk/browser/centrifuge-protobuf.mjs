export const { Centrifuge } = window.dunlin.protobuf;
