package dev.linnet.models;

/**
 * What a network costs for one picture.
 *
 * @param input size of the picture
 * @param parameters trained numbers
 * @param macs multiply-adds of convolutions, linear layers and matrix products in a forward pass
 * @param activationBytes bytes of all layers' results in fp32
 */
public record ModelCost(InputSize input, long parameters, long macs, long activationBytes) {}
